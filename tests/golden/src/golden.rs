//! The golden data: the requests, what other tracers reported, and how our spans may differ.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;

use crate::differences::Reason;
use crate::recorded::Recorded;
use crate::request::Requests;
use crate::{Report, Request};

/// Other tracers: a name, and what each reported of every request.
pub(crate) const TRACERS: &[(&str, &str)] = &[
    // dd-trace 6.21, express
    ("js", include_str!("../js.json")),
    // ddtrace 4.16, FastAPI
    ("py", include_str!("../py.json")),
    // dd-trace-go 2.9.2, net/http
    ("go", include_str!("../go.json")),
    // dd-trace-java 1.65.1, servlets of Jetty 12
    ("java", include_str!("../java.json")),
];

pub struct Golden {
    pub requests: Vec<Request>,
    pub(crate) tracers: Vec<Tracer>,
    pub(crate) reasons: Vec<Reason>,
}

pub(crate) struct Tracer {
    pub(crate) name: &'static str,
    /// By the request's id.
    pub(crate) reports: BTreeMap<String, Report>,
}

impl Golden {
    pub fn read() -> Self {
        let requests: Requests = read("requests", include_str!("../requests.json"));
        let tracers = TRACERS.iter().map(|&(name, json)| {
            let recorded: BTreeMap<String, Recorded> = read(name, json);
            let reports = recorded.into_iter().map(|(id, Recorded(report))| (id, report)).collect();
            Tracer { name, reports }
        });
        Self {
            requests: requests.requests,
            tracers: tracers.collect(),
            reasons: read("differences", include_str!("../differences.json")),
        }
    }
}

fn read<T: DeserializeOwned>(name: &str, json: &str) -> T {
    serde_json::from_str(json).unwrap_or_else(|e| panic!("{name}.json: {e}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_request_was_recorded_with_every_tracer() {
        let golden = Golden::read();
        let mut ids: Vec<&str> = golden.requests.iter().map(|request| request.id.as_str()).collect();
        ids.sort_unstable();
        assert_eq!(ids.len(), 18);
        for tracer in &golden.tracers {
            assert_eq!(Vec::from_iter(tracer.reports.keys()), ids, "{}", tracer.name);
        }
    }

    #[test]
    fn two_requests_are_not_sampled() {
        let golden = Golden::read();
        let unsampled = golden.requests.iter().filter(|request| !request.is_sampled());
        let ids: Vec<&str> = unsampled.map(|request| request.id.as_str()).collect();
        assert_eq!(ids, ["dd-prop-prio-neg1", "w3c-unsampled"]);
    }
}
