//! What the suite that Datadog's tracers share asserts of the gateway's span, of ours.
//!
//! It is `test_inferred_proxy.py` of DataDog/system-tests, second version of the contract. There, `aws_user` is there
//! where the gateway sends it; with us only where the application asks for it, and both are asserted here.

use golden::Span;
use serde_json::{json, Value};

use crate::client::Connection;
use crate::replay::now_ms;
use crate::table;

const DOMAIN: &str = "system-tests-api-gateway.com";

struct Case {
    id: &'static str,
    proxy: &'static str,
    status: u16,
    is_distributed: bool,
    has_optional_tags: bool,
    records_user: bool,
}

/// A request for a REST API that is answered with 200.
const REST: Case = Case {
    id: "REST API, 200",
    proxy: "aws-apigateway",
    status: 200,
    is_distributed: false,
    has_optional_tags: false,
    records_user: false,
};

const CASES: [Case; 7] = [
    REST,
    Case { id: "HTTP API, 200", proxy: "aws-httpapi", ..REST },
    Case { id: "distributed", is_distributed: true, ..REST },
    Case { id: "500", status: 500, ..REST },
    Case { id: "REST API, optional tags", has_optional_tags: true, ..REST },
    Case { id: "HTTP API, optional tags", proxy: "aws-httpapi", has_optional_tags: true, ..REST },
    Case { id: "REST API, optional tags, user recorded", has_optional_tags: true, records_user: true, ..REST },
];

/// The suite's requests, answered.
pub struct SharedSuite {
    asked: Vec<(Case, u64)>,
}

impl SharedSuite {
    /// `with_user` is where the application that records the user is.
    pub async fn ask(address: &str, with_user: &str) -> Self {
        let mut asked = Vec::new();
        for case in CASES {
            let time = now_ms();
            let address = if case.records_user { with_user } else { address };
            let path = if case.status == 500 { "/err" } else { "/ok" };
            let mut connection = Connection::to(address).await;
            let (status, _) = connection.get(path, case.headers(time)).await;
            assert_eq!(status.as_u16(), case.status);
            asked.push((case, time));
        }
        Self { asked }
    }

    pub fn user_agents(&self) -> Vec<String> {
        self.asked.iter().map(|(case, _)| case.user_agent()).collect()
    }

    /// Prints what holds; whether everything does.
    pub fn check(&self, spans: &[Span]) -> bool {
        let checked = self.asked.iter().map(|(case, time)| case.check(*time, spans));
        let (mut rows, faults): (Vec<_>, Vec<_>) = checked.unzip();
        let faults = faults.concat();
        rows.insert(0, ["case", "assertions", "hold"].map(str::to_owned).into());
        table::print(&rows);
        println!();
        for fault in &faults {
            println!("FAULT: {fault}");
        }
        println!("shared suite: {} cases, {} faults", self.asked.len(), faults.len());
        faults.is_empty()
    }
}

impl Case {
    fn user_agent(&self) -> String {
        format!("shared-suite/2 case={}", self.id)
    }

    fn headers(&self, time: u64) -> Vec<(&'static str, String)> {
        let mut headers = vec![
            ("user-agent", self.user_agent()),
            ("x-dd-proxy", self.proxy.to_owned()),
            ("x-dd-proxy-request-time-ms", time.to_string()),
            ("x-dd-proxy-path", "/api/data/v2".to_owned()),
            ("x-dd-proxy-resource-path", "/api/{Proxy}".to_owned()),
            ("x-dd-proxy-httpmethod", "GET".to_owned()),
            ("x-dd-proxy-domain-name", DOMAIN.to_owned()),
            ("x-dd-proxy-stage", "staging".to_owned()),
        ];
        if self.is_distributed {
            headers.extend([
                ("x-datadog-trace-id", "1".to_owned()),
                ("x-datadog-parent-id", "2".to_owned()),
                ("x-datadog-origin", "rum".to_owned()),
                ("x-datadog-sampling-priority", "2".to_owned()),
            ]);
        }
        if self.has_optional_tags {
            headers.extend([
                ("x-dd-proxy-account-id", "123456789123".to_owned()),
                ("x-dd-proxy-api-id", "a1b2c3d4e5f".to_owned()),
                ("x-dd-proxy-region", "eu-west-3".to_owned()),
                ("x-dd-proxy-user", "aws-user".to_owned()),
            ]);
        }
        headers
    }

    /// A row of the table, and what doesn't hold.
    fn check(&self, time: u64, spans: &[Span]) -> (Vec<String>, Vec<String>) {
        let gateways: Vec<&Span> =
            spans.iter().filter(|span| span.is_gateway() && span.user_agent() == self.user_agent()).collect();
        let [gateway] = gateways[..] else {
            let fault = format!("{}: expected one span, found {gateways:?}", self.id);
            return (self.row(0, 0), vec![fault]);
        };
        let asserted = self.asserted(time, gateway);
        let faults: Vec<String> = asserted
            .iter()
            .filter(|(_, expected, found)| expected != found)
            .map(|(name, expected, found)| format!("{}: {name}: expected {expected}, found {found}", self.id))
            .collect();
        let row = self.row(asserted.len(), asserted.len() - faults.len());
        (row, faults)
    }

    fn row(&self, assertions: usize, hold: usize) -> Vec<String> {
        vec![self.id.to_owned(), assertions.to_string(), hold.to_string()]
    }

    /// Field, what is expected, what is found.
    fn asserted(&self, time: u64, span: &Span) -> Vec<(&'static str, Value, Value)> {
        let meta = |name: &str| json!(span.meta.get(name));
        let metric = |name: &str| json!(span.metrics.get(name));
        let is_rest = self.proxy == "aws-apigateway";
        let name = if is_rest { "aws.apigateway" } else { "aws.httpapi" };
        let url = format!("https://{DOMAIN}/api/data/v2");
        let mut asserted = vec![
            ("name", json!(name), json!(span.name)),
            ("type", json!("web"), json!(span.kind)),
            ("service", json!(DOMAIN), json!(span.service)),
            ("resource", json!("GET /api/{Proxy}"), json!(span.resource)),
            ("start in ms", json!(time), json!(rounded_to_ms(span.start))),
            ("error", json!(i64::from(self.status == 500)), json!(span.error)),
            ("_dd.inferred_span", json!(1.0), metric("_dd.inferred_span")),
            ("component", json!(self.proxy), meta("component")),
            ("stage", json!("staging"), meta("stage")),
            ("span.kind", json!("server"), meta("span.kind")),
            ("http.method", json!("GET"), meta("http.method")),
            ("http.route", json!("/api/{Proxy}"), meta("http.route")),
            ("http.url", json!(url), meta("http.url")),
            ("http.status_code", json!(self.status.to_string()), meta("http.status_code")),
        ];
        if self.is_distributed {
            asserted.extend([
                ("trace_id", json!(1), json!(span.trace_id)),
                ("parent_id", json!(2), json!(span.parent_id)),
                ("_sampling_priority_v1", json!(2.0), metric("_sampling_priority_v1")),
                ("_dd.origin", json!("rum"), meta("_dd.origin")),
            ]);
        }
        if self.has_optional_tags {
            let kind = if is_rest { "restapis" } else { "apis" };
            let key = format!("arn:aws:apigateway:eu-west-3::/{kind}/a1b2c3d4e5f");
            let user = self.records_user.then_some("aws-user");
            asserted.extend([
                ("account_id", json!("123456789123"), meta("account_id")),
                ("apiid", json!("a1b2c3d4e5f"), meta("apiid")),
                ("region", json!("eu-west-3"), meta("region")),
                ("dd_resource_key", json!(key), meta("dd_resource_key")),
                ("aws_user", json!(user), meta("aws_user")),
            ]);
        }
        asserted
    }
}

fn rounded_to_ms(ns: u64) -> u64 {
    (ns + 500_000) / 1_000_000
}
