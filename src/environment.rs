//! The variables Datadog's tracers share, read.
//!
//! Nothing else of the layer reads the environment (the pipeline of the feature `otlp` does, in a file of its own).
#![allow(clippy::disallowed_methods)]

use std::collections::BTreeSet;
use std::env::VarError;
use std::sync::{Mutex, PoisonError};

use crate::error_statuses::ErrorStatuses;

pub(crate) const ENABLED: &str = "DD_TRACE_INFERRED_PROXY_SERVICES_ENABLED";
const ERROR_STATUSES: &str = "DD_TRACE_HTTP_SERVER_ERROR_STATUSES";
const SERVICE_MAPPING: &str = "DD_SERVICE_MAPPING";
const OTEL_SEMANTICS: &str = "DD_TRACE_OTEL_SEMANTICS_ENABLED";
/// Set by AWS Lambda in every function.
const LAMBDA: &str = "AWS_LAMBDA_FUNCTION_NAME";

/// What the environment says; `None` where it says nothing, or nothing that can be understood.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Environment {
    pub(crate) enabled: Option<bool>,
    pub(crate) on_lambda: bool,
    pub(crate) error_statuses: Option<ErrorStatuses>,
    pub(crate) service_mapping: Option<Vec<(String, String)>>,
    pub(crate) otel_semantics: Option<bool>,
}

impl Environment {
    /// Reads the process's environment. A value that can't be understood is logged, once per process and variable.
    pub(crate) fn read() -> Self {
        Self::from_lookup(
            |name| match std::env::var(name) {
                Ok(value) => Some(value),
                Err(VarError::NotPresent) => None,
                Err(VarError::NotUnicode(value)) => Some(value.to_string_lossy().into_owned()),
            },
            warn_once,
        )
    }

    fn from_lookup(
        lookup: impl Fn(&'static str) -> Option<String>,
        mut problem: impl FnMut(&'static str, &str, &'static str),
    ) -> Self {
        let mut variable = Variables {
            lookup,
            problem: &mut problem,
        };
        Self {
            enabled: variable.parse(ENABLED, "true, 1, false or 0", boolean),
            error_statuses: variable.parse(
                ERROR_STATUSES,
                "codes and ranges such as 500-599,429",
                ErrorStatuses::parse,
            ),
            service_mapping: variable.parse(
                SERVICE_MAPPING,
                "pairs such as api.example.com:orders-api,...",
                pairs,
            ),
            otel_semantics: variable.parse(OTEL_SEMANTICS, "true, 1, false or 0", boolean),
            on_lambda: variable.parse(LAMBDA, "", |_| Some(())).is_some(),
        }
    }
}

struct Variables<'a, L> {
    lookup: L,
    problem: &'a mut dyn FnMut(&'static str, &str, &'static str),
}

impl<L: Fn(&'static str) -> Option<String>> Variables<'_, L> {
    /// An empty variable counts as one that isn't set.
    fn parse<T>(
        &mut self,
        name: &'static str,
        expected: &'static str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let value = (self.lookup)(name)?;
        let value = value.trim();
        if value.is_empty() {
            return None;
        }
        let parsed = parse(value);
        if parsed.is_none() {
            (self.problem)(name, value, expected);
        }
        parsed
    }
}

fn boolean(value: &str) -> Option<bool> {
    let is = |word: &str| value.eq_ignore_ascii_case(word);
    match () {
        () if is("true") || is("1") => Some(true),
        () if is("false") || is("0") => Some(false),
        () => None,
    }
}

/// Parses `domain:service,...`. A domain may bring its port: the last colon is the one that counts.
fn pairs(list: &str) -> Option<Vec<(String, String)>> {
    let parts = list.split(',').map(str::trim);
    parts
        .filter(|part| !part.is_empty())
        .map(|part| {
            let (domain, service) = part.rsplit_once(':')?;
            let (domain, service) = (domain.trim(), service.trim());
            (!domain.is_empty() && !service.is_empty())
                .then(|| (domain.to_owned(), service.to_owned()))
        })
        .collect()
}

fn warn_once(name: &'static str, value: &str, expected: &'static str) {
    static WARNED: Mutex<BTreeSet<&str>> = Mutex::new(BTreeSet::new());
    let first = WARNED
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(name);
    if first {
        tracing::warn!(
            "environment variable {name} should be {expected}, found {value:?}; its default stands"
        );
    }
}
