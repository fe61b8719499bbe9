//! Variables of an environment, and what is wrong with them.
//!
//! The only file that reads the process's.
#![allow(clippy::disallowed_methods)]

use std::fmt;

/// A variable of the process.
pub(crate) fn of_process(name: &'static str) -> Option<String> {
    Some(std::env::var_os(name)?.to_string_lossy().into_owned())
}

pub(crate) trait Lookup: Fn(&'static str) -> Option<String> {}

impl<F: Fn(&'static str) -> Option<String>> Lookup for F {}

pub(crate) struct Variables<L> {
    lookup: L,
    problems: Vec<Problem>,
}

/// A variable that can't be understood, so that its default stands.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) variable: &'static str,
    expected: &'static str,
    found: String,
}

impl<L: Lookup> Variables<L> {
    pub(crate) fn new(lookup: L) -> Self {
        Self { lookup, problems: Vec::new() }
    }

    /// An empty variable counts as one that isn't set.
    pub(crate) fn get(&self, name: &'static str) -> Option<String> {
        let value = (self.lookup)(name)?;
        let value = value.trim();
        (!value.is_empty()).then(|| value.to_owned())
    }

    /// The first of these that is set, and its name.
    pub(crate) fn first<const N: usize>(&self, names: [&'static str; N]) -> Option<(&'static str, String)> {
        names.into_iter().find_map(|name| Some((name, self.get(name)?)))
    }

    /// What can't be understood is a problem, and counts as not set.
    pub(crate) fn accept<T>(
        &mut self,
        variable: Option<(&'static str, String)>,
        expected: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let (variable, found) = variable?;
        let parsed = parse(&found);
        if parsed.is_none() {
            self.problems.push(Problem { variable, expected, found });
        }
        parsed
    }

    pub(crate) fn into_problems(self) -> Vec<Problem> {
        self.problems
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { variable, expected, found } = self;
        write!(f, "environment variable {variable} should be {expected}, found {found:?}; its default stands")
    }
}
