//! What the layer may cost.
//!
//! The gate fails above a limit of `gate`: what the layer cost when the limit was set, and no allocation more. Limits
//! were set with an allowance of 6 % for plain loops, which took 4.3 %, and again, 1 % above what it costs, when the end
//! of a response and the propagation headers came to be checked for what they are (2 % of the real request for a look at
//! the clock at the head, 1 % of one with a parent for asking the propagator), and when the request came to carry the
//! span in its headers and extensions too (20 % of the real request: 2,950 instructions and four allocations), and when
//! hosts, limits and hints came to be what they are (7 %). Those of events allow 4 %: processors differ in how the C library
//! copies, by up to 280 instructions a request. `must` and `should` are where it is to arrive; the gate prints whether
//! it has.

use crate::measure::costs::Cost;

pub struct Target {
    pub case: &'static str,
    pub gate: Option<Limit>,
    pub must: Option<Limit>,
    pub should: Option<Limit>,
}

#[derive(Clone, Copy)]
pub struct Limit {
    pub instructions: f64,
    pub allocations: f64,
}

const fn at_most(instructions: f64, allocations: f64) -> Option<Limit> {
    Some(Limit { instructions, allocations })
}

const fn target(case: &'static str, gate: Option<Limit>, must: Option<Limit>, should: Option<Limit>) -> Target {
    Target { case, gate, must, should }
}

/// No limit of allocations.
const ANY: f64 = f64::INFINITY;
const WORST: (Option<Limit>, Option<Limit>) = (at_most(100_000.0, ANY), at_most(40_000.0, ANY));

#[rustfmt::skip]
pub const TARGETS: [Target; 33] = [
    target("tower: disabled", at_most(150.0, 0.0), at_most(150.0, 0.0), None),
    target("tower: no gateway headers", at_most(280.0, 0.0), at_most(280.0, 0.0), None),
    target("tower: real request", at_most(17_500.0, 12.0), at_most(14_000.0, 15.0), at_most(12_000.0, 11.0)),
    target("tower: real request with traceparent", at_most(20_330.0, 14.0), at_most(16_500.0, 16.0), at_most(13_200.0, 12.0)),
    target("tower: unsampled parent", at_most(15_220.0, 9.0), at_most(10_500.0, 9.0), at_most(7_500.0, 7.0)),
    target("tower: X-Ray parent", at_most(19_390.0, 14.0), None, None),
    target("tower: rejected", at_most(2_940.0, 1.0), None, None),
    target("actix: disabled", at_most(240.0, 0.0), at_most(240.0, 0.0), None),
    target("actix: no gateway headers", at_most(300.0, 0.0), at_most(300.0, 0.0), None),
    target("actix: real request", at_most(18_520.0, 12.0), None, None),
    target("actix: real request with traceparent", at_most(23_390.0, 16.0), None, None),
    target("actix: unsampled parent", at_most(18_030.0, 11.0), None, None),
    target("actix: X-Ray parent", at_most(20_410.0, 14.0), None, None),
    target("actix: rejected", at_most(4_840.0, 2.0), None, None),
    target("observers: none", at_most(17_580.0, 12.0), None, None),
    target("observers: metrics", at_most(28_080.0, 16.0), None, None),
    target("observers: access log", at_most(38_270.0, 22.0), None, None),
    target("observers: both", at_most(48_630.0, 25.0), None, None),
    target("event: layer off", at_most(240.0, 0.0), None, None),
    target("event: REST API", at_most(51_200.0, 22.0), None, None),
    target("event: HTTP API", at_most(48_600.0, 21.0), None, None),
    target("event: SQS", at_most(2_900.0, 3.0), None, None),
    target("event: 6 MB", at_most(15_300_000.0, 22.0), None, None),
    target("event: on a router", at_most(23_350.0, 17.0), None, None),
    target("event: behind the adapter", at_most(33_850.0, 16.0), None, None),
    target("worst: path of /1", None, WORST.0, WORST.1),
    target("worst: X-Ray of ;", None, WORST.0, WORST.1),
    target("worst: path of /1 and X-Ray of ;", None, WORST.0, WORST.1),
    target("worst: 10000 services and a new one", None, WORST.0, WORST.1),
    target("worst: 500 user agents", None, WORST.0, WORST.1),
    target("worst: 450 headers stripped", None, WORST.0, WORST.1),
    target("worst: tracestate of 32 members", None, WORST.0, WORST.1),
    target("worst: tracestate of 6 KiB", None, WORST.0, WORST.1),
];

impl Limit {
    #[must_use]
    pub fn is_met(&self, cost: Cost) -> bool {
        cost.instructions <= self.instructions && cost.allocations <= self.allocations
    }

    /// `14000 / 15`: instructions and allocations.
    #[must_use]
    pub fn describe(&self) -> String {
        match self.allocations {
            ANY => self.instructions.to_string(),
            allocations => format!("{} / {allocations}", self.instructions),
        }
    }
}
