//! The variables that Datadog's tracers share.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use super::{process_env, InvalidVariable, Lookup, Variables};
use crate::catch_panic::catch_panic;
use crate::error_statuses::ErrorStatuses;
use crate::request::Host;
use crate::said_once::SaidOnce;

pub(crate) const ENABLED: &str = "DD_TRACE_INFERRED_PROXY_SERVICES_ENABLED";
const ERROR_STATUSES: &str = "DD_TRACE_HTTP_SERVER_ERROR_STATUSES";
const SERVICE_MAPPING: &str = "DD_SERVICE_MAPPING";
const OTEL_SEMANTICS: &str = "DD_TRACE_OTEL_SEMANTICS_ENABLED";
/// Set by AWS Lambda in every function.
const LAMBDA: &str = "AWS_LAMBDA_FUNCTION_NAME";
/// Set by AWS Lambda, too.
const REGION: &str = "AWS_REGION";
/// Either says that Datadog's extension stands between Lambda and the function, and sees each event.
const RUNTIME_PROXY: &str = "AWS_LWA_LAMBDA_RUNTIME_API_PROXY";
const WRAPPER: (&str, &str) = ("AWS_LAMBDA_EXEC_WRAPPER", "/opt/datadog_wrapper");

/// What the environment says; `None` where it says nothing, or nothing that can be understood.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Environment {
    pub(crate) enabled: Option<bool>,
    pub(crate) is_lambda: bool,
    /// Datadog's extension makes the gateway's spans.
    pub(crate) is_inferred_elsewhere: bool,
    #[cfg_attr(not(any(feature = "lambda", feature = "request-context")), allow(dead_code))]
    pub(crate) region: Option<String>,
    pub(crate) error_statuses: Option<ErrorStatuses>,
    /// What comes last takes precedence.
    pub(crate) service_mapping: Vec<(Host<'static>, String)>,
    pub(crate) otel_semantics: Option<bool>,
}

impl Environment {
    /// Reads the process's environment.
    pub(crate) fn read() -> Self {
        let mut variables = Variables::new(process_env);
        let environment = Self::from_variables(&mut variables);
        for what in variables.into_invalid() {
            let mut invalid = INVALID.lock().unwrap_or_else(PoisonError::into_inner);
            if !invalid.iter().any(|(other, _)| other.variable == what.variable) {
                invalid.push((what, SaidOnce::new()));
                HAS_INVALID.store(true, Relaxed);
            }
        }
        say_invalid();
        environment
    }

    fn from_variables(variables: &mut Variables<impl Lookup>) -> Self {
        Self {
            enabled: parse(variables, ENABLED, "true, 1, false or 0", boolean),
            error_statuses: parse(
                variables,
                ERROR_STATUSES,
                "codes and ranges such as 500-599,429",
                ErrorStatuses::parse,
            ),
            service_mapping: service_mapping(variables),
            otel_semantics: parse(variables, OTEL_SEMANTICS, "true, 1, false or 0", boolean),
            is_lambda: variables.get(LAMBDA).is_some(),
            is_inferred_elsewhere: variables.get(RUNTIME_PROXY).is_some()
                || variables.get(WRAPPER.0).as_deref() == Some(WRAPPER.1),
            region: variables.get(REGION),
        }
    }
}

fn parse<T>(
    variables: &mut Variables<impl Lookup>,
    name: &'static str,
    expected: &'static str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Option<T> {
    let variable = variables.first_set([name]);
    variables.parse(variable, expected, parse)
}

/// A boolean as Datadog's tracers have it: OpenTelemetry's, or `1` and `0`.
fn boolean(value: &str) -> Option<bool> {
    match value {
        "1" => Some(true),
        "0" => Some(false),
        _ => super::boolean(value),
    }
}

/// Parses `domain:service,...`. A domain may bring its port: the last colon is the one that counts. Pairs that can't be
/// used are left out.
fn service_mapping(variables: &mut Variables<impl Lookup>) -> Vec<(Host<'static>, String)> {
    let Some(list) = variables.get(SERVICE_MAPPING) else { return Vec::new() };
    let parts = list.split(',').map(str::trim).filter(|part| !part.is_empty());
    let pairs = parts.filter_map(|part| {
        let pair = pair(part);
        if pair.is_none() {
            variables.ignore_part(SERVICE_MAPPING, "pairs such as api.example.com:orders-api,...", part);
        }
        pair
    });
    let mut pairs: Vec<_> = pairs.collect();
    // What is added last takes precedence.
    pairs.reverse();
    pairs
}

fn pair(part: &str) -> Option<(Host<'static>, String)> {
    let (domain, service) = part.rsplit_once(':')?;
    let host = Host::parse(domain.trim())?.into_owned();
    Some(service.trim()).filter(|service| !service.is_empty()).map(|service| (host, service.to_owned()))
}

/// Values that can't be understood, one for each variable, and whether that was logged.
static INVALID: Mutex<Vec<(InvalidVariable, SaidOnce)>> = Mutex::new(Vec::new());

/// Whether there are any. Routers make a service for each route and connection, and don't share a lock for nothing.
static HAS_INVALID: AtomicBool = AtomicBool::new(false);

/// Logs values that can't be understood, once per process and variable.
pub(crate) fn say_invalid() {
    if !HAS_INVALID.load(Relaxed) {
        return;
    }
    let invalid = INVALID.lock().unwrap_or_else(PoisonError::into_inner);
    let due: Vec<_> = invalid.iter().filter(|(_, said)| said.is_due()).map(|(what, _)| what.clone()).collect();
    // The subscriber is called without the lock, because it may make a layer, too.
    drop(invalid);
    for what in due {
        catch_panic(|| what.warn());
    }
}
