//! Environment variables, and which of them are invalid.
//!
//! The only file that reads the process's environment.
#![allow(clippy::disallowed_methods)]

pub(crate) mod datadog;

use std::fmt;

/// A variable of the process.
pub(crate) fn process_env(name: &'static str) -> Option<String> {
    Some(std::env::var_os(name)?.to_string_lossy().into_owned())
}

pub(crate) trait Lookup: Fn(&'static str) -> Option<String> {}

impl<F: Fn(&'static str) -> Option<String>> Lookup for F {}

pub(crate) struct Variables<L> {
    lookup: L,
    invalid: Vec<InvalidVariable>,
}

/// A variable with an invalid value, so that its default applies.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct InvalidVariable {
    pub(crate) variable: &'static str,
    expected: &'static str,
    /// In quotes, or in words.
    found: String,
    consequence: &'static str,
}

impl<L: Lookup> Variables<L> {
    pub(crate) fn new(lookup: L) -> Self {
        Self { lookup, invalid: Vec::new() }
    }

    /// An empty variable counts as one that isn't set.
    pub(crate) fn get(&self, name: &'static str) -> Option<String> {
        let value = (self.lookup)(name)?;
        let value = value.trim();
        (!value.is_empty()).then(|| value.to_owned())
    }

    /// The first of these that is set, and its name.
    pub(crate) fn first_set<const N: usize>(&self, names: [&'static str; N]) -> Option<(&'static str, String)> {
        names.into_iter().find_map(|name| Some((name, self.get(name)?)))
    }

    /// Parses a variable. One with an invalid value is kept for [`into_invalid`](Self::into_invalid), and counts as one
    /// that isn't set.
    pub(crate) fn parse<T>(
        &mut self,
        variable: Option<(&'static str, String)>,
        expected: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let (variable, found) = variable?;
        let parsed = parse(&found);
        if parsed.is_none() {
            let (found, consequence) = (format!("{found:?}"), "its default stands");
            self.keep(InvalidVariable { variable, expected, found, consequence });
        }
        parsed
    }

    /// Keeps a part of a variable's list that can't be used.
    pub(crate) fn ignore_part(&mut self, variable: &'static str, expected: &'static str, found: &str) {
        let (found, consequence) = (format!("{found:?}"), "that part is ignored");
        self.keep(InvalidVariable { variable, expected, found, consequence });
    }

    /// Does the same for one that must not be shown, because it may be a key.
    #[cfg(feature = "otlp")]
    pub(crate) fn ignore_secret_part(&mut self, variable: &'static str, expected: &'static str) {
        let (found, consequence) =
            ("a part that isn't (not shown, it may be a key)".to_owned(), "that part is ignored");
        self.keep(InvalidVariable { variable, expected, found, consequence });
    }

    /// Once, though a variable that is about spans and metrics is read for each.
    fn keep(&mut self, invalid: InvalidVariable) {
        if !self.invalid.contains(&invalid) {
            self.invalid.push(invalid);
        }
    }

    pub(crate) fn into_invalid(self) -> Vec<InvalidVariable> {
        self.invalid
    }
}

impl InvalidVariable {
    pub(crate) fn warn(&self) {
        tracing::warn!("{self}");
    }
}

impl fmt::Display for InvalidVariable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { variable, expected, found, consequence } = self;
        write!(f, "environment variable {variable} should be {expected}, found {found}; {consequence}")
    }
}

/// A boolean as OpenTelemetry's specification has it: `true` or `false`, in any case.
pub(crate) fn boolean(text: &str) -> Option<bool> {
    text.to_ascii_lowercase().parse().ok()
}

#[cfg(all(test, feature = "otlp"))]
pub(crate) mod tests {
    use super::Lookup;

    pub(crate) type List<'a> = &'a [(&'static str, &'a str)];

    /// An environment of these variables.
    pub(crate) fn environment<'a>(list: List<'a>) -> impl Lookup + 'a {
        |name| {
            let (_, value) = list.iter().find(|(variable, _)| *variable == name)?;
            Some((*value).to_owned())
        }
    }
}
