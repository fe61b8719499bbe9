//! Whether the layer is on.

/// What turns the layer on: code takes precedence over the environment.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Activation {
    pub(super) in_code: Option<bool>,
    in_environment: Option<bool>,
    is_lambda: bool,
    pub(super) on_lambda: bool,
}

impl Activation {
    pub(super) fn from_environment(enabled: Option<bool>, is_lambda: bool) -> Self {
        Self { in_environment: enabled, is_lambda, ..Self::default() }
    }

    pub(super) fn is_on(self) -> bool {
        let environment = self.in_environment == Some(true) && (self.on_lambda || !self.is_lambda);
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
    use super::Activation;

    #[test]
    fn code_outranks_the_environment_and_lambda_holds_it_back() {
        for (in_code, in_environment, is_lambda, on_lambda, expected) in [
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
            let activation =
                Activation { in_code, on_lambda, ..Activation::from_environment(in_environment, is_lambda) };
            assert_eq!(activation.is_on(), expected, "{activation:?}");
        }
    }
}
