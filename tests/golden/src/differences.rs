//! Where our spans differ from those of other tracers on purpose: what `differences.json` says.

use std::collections::BTreeSet;

use serde::Deserialize;

/// A view of our spans: what they are when they are compared.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum View {
    /// What an OpenTelemetry exporter gets, under the names that Datadog's Agent gives to attributes in OTLP.
    Otlp,
    /// What Datadog's SDK for Rust sends to Datadog's agent.
    Native,
}

impl View {
    /// The fields of the server's span that are compared: those that don't depend on the framework.
    pub(crate) fn server_fields(self) -> &'static [&'static str] {
        match self {
            // The application leaves the others to the exporter.
            Self::Otlp => &["parent", "trace", "meta.span.kind"],
            Self::Native => &[
                "service",
                "type",
                "error",
                "parent",
                "trace",
                "meta.env",
                "meta.span.kind",
                "meta.http.method",
                "meta.http.status_code",
                "meta._dd.origin",
                "metrics._sampling_priority_v1",
            ],
        }
    }
}

/// Where a difference comes from.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Cause {
    OurChoice,
    /// The other tracer follows an older version of the gateway's contract.
    OlderContract,
    TracersFault,
    /// SDKs, exporters and other tracers' own bookkeeping, which the layer has no part in.
    Sdk,
}

/// Differences that have one reason.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reason {
    pub(crate) reason: String,
    pub(crate) cause: Cause,
    pub(crate) differences: Vec<Difference>,
}

/// A field that differs. It has to, for each tracer and request that is named, and in each view.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Difference {
    /// Of the gateway's span; of the server's if it begins with `server.`.
    pub(crate) field: String,
    /// What our span says, `*` for anything. `None`: it doesn't have the field.
    ours: Option<String>,
    /// What the other tracer's span says.
    theirs: Option<String>,
    /// `None`: in every view.
    view: Option<View>,
    /// None: each of them.
    #[serde(default)]
    tracers: Vec<String>,
    /// None: at least one of them.
    #[serde(default)]
    requests: Vec<String>,
}

impl Reason {
    /// Whether this is about all requests, and not about what is special in some.
    pub(crate) fn is_general(&self) -> bool {
        self.differences.iter().any(|difference| difference.requests.is_empty())
    }
}

impl Difference {
    pub(crate) fn is_in(&self, view: View) -> bool {
        self.view.is_none_or(|only| only == view)
    }

    pub(crate) fn is(
        &self,
        tracer: &str,
        request: &str,
        field: &str,
        ours: Option<&str>,
        theirs: Option<&str>,
    ) -> bool {
        self.field == field
            && is_among(&self.tracers, tracer)
            && is_among(&self.requests, request)
            && says(&self.ours, ours)
            && says(&self.theirs, theirs)
    }

    /// Whether this was found wherever it has to be. `places` are tracers and requests, each pair once.
    pub(crate) fn is_everywhere(&self, places: &[(&str, &str)], all_tracers: usize) -> bool {
        let tracers = if self.tracers.is_empty() { all_tracers } else { self.tracers.len() };
        match self.requests.len() {
            0 => BTreeSet::from_iter(places.iter().map(|(tracer, _)| tracer)).len() == tracers,
            requests => places.len() == tracers * requests,
        }
    }
}

fn is_among(names: &[String], name: &str) -> bool {
    names.is_empty() || names.iter().any(|n| n == name)
}

fn says(expected: &Option<String>, found: Option<&str>) -> bool {
    match expected.as_deref() {
        Some("*") => found.is_some(),
        expected => found == expected,
    }
}
