//! Whether the layer is on.

use crate::env::datadog::Environment;

/// Whether events of AWS Lambda can be read.
const READS_EVENTS: bool = cfg!(any(feature = "lambda", feature = "request-context"));

/// What turns the layer on: code takes precedence over the environment.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Activation {
    pub(super) in_code: Option<bool>,
    in_environment: Option<bool>,
    /// On AWS Lambda, the environment alone isn't enough: nothing could be read, or Datadog's extension makes the spans.
    is_held_back: bool,
    pub(super) on_lambda: bool,
}

impl Activation {
    pub(super) fn from_environment(environment: &Environment) -> Self {
        Self {
            in_environment: environment.enabled,
            is_held_back: environment.is_lambda && (environment.is_inferred_elsewhere || !READS_EVENTS),
            ..Self::default()
        }
    }

    pub(super) fn is_on(self) -> bool {
        let environment = self.in_environment == Some(true) && (self.on_lambda || !self.is_held_back);
        self.in_code.unwrap_or(environment)
    }

    pub(super) fn is_off_explicitly(self) -> bool {
        self.in_code == Some(false) || (self.in_code.is_none() && self.in_environment == Some(false))
    }

    /// Whether only AWS Lambda keeps it off.
    pub(super) fn is_held_back_on_lambda(self) -> bool {
        self.in_environment == Some(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_outranks_the_environment_and_lambda_holds_it_back() {
        for (in_code, in_environment, is_held_back, on_lambda, expected) in [
            (None, None, false, false, false),
            (None, Some(true), false, false, true),
            (None, Some(false), false, false, false),
            (Some(true), Some(false), false, false, true),
            (Some(false), Some(true), false, false, false),
            (None, Some(true), true, false, false),
            (None, Some(true), true, true, true),
            (Some(true), None, true, false, true),
            (None, None, true, true, false),
        ] {
            let activation = Activation { in_code, in_environment, is_held_back, on_lambda };
            assert_eq!(activation.is_on(), expected, "{activation:?}");
        }
    }

    #[test]
    fn on_lambda_the_variable_counts_if_an_event_can_be_read_and_nobody_else_does() {
        for (is_lambda, is_inferred_elsewhere, expected) in
            [(false, false, true), (false, true, true), (true, false, READS_EVENTS), (true, true, false)]
        {
            let environment =
                Environment { enabled: Some(true), is_lambda, is_inferred_elsewhere, ..Environment::default() };
            let activation = Activation::from_environment(&environment);
            assert_eq!(activation.is_on(), expected, "{activation:?}");
            assert!(Activation { on_lambda: true, ..activation }.is_on());
        }
    }
}
