//! What OpenTelemetry's variables have in common.

#[cfg(test)]
use crate::env::Lookup;
use crate::env::Problem;

/// As OpenTelemetry has it: `true` or `false`, in any case.
pub(crate) fn boolean(text: &str) -> Option<bool> {
    text.to_ascii_lowercase().parse().ok()
}

pub(crate) fn warn(problem: &Problem) {
    tracing::warn!("{problem}");
}

#[cfg(test)]
pub(crate) type List<'a> = &'a [(&'static str, &'a str)];

/// An environment of these variables.
#[cfg(test)]
pub(crate) fn environment<'a>(list: List<'a>) -> impl Lookup + 'a {
    |name| {
        let (_, value) = list.iter().find(|(variable, _)| *variable == name)?;
        Some((*value).to_owned())
    }
}
