//! What clients send.

use support::requests::RequestBuilder;

use support::propagators::Propagator;

use crate::propagators::{reads, Format};

/// What a client sends: the headers, and the span they name in each format.
pub(crate) struct Client {
    pub(crate) name: &'static str,
    headers: &'static [(&'static str, &'static str)],
    /// Trace id, span id, whether it is sampled.
    names: &'static [(Format, &'static str, &'static str, bool)],
}

const T: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const S: &str = "00f067aa0ba902b7";
const ROOT_ONLY: (&str, &str) = ("x-amzn-trace-id", "Root=1-67891233-abcdef012345678912345678");

pub(crate) const CLIENTS: [Client; 22] = [
    Client { name: "nothing", headers: &[], names: &[] },
    Client {
        name: "traceparent",
        headers: &[("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")],
        names: &[(Format::W3c, T, S, true)],
    },
    Client {
        name: "traceparent, tracestate, baggage",
        headers: &[
            ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
            ("tracestate", "vendor=abc"),
            ("baggage", "user=alice"),
        ],
        names: &[(Format::W3c, T, S, true)],
    },
    Client { name: "baggage alone", headers: &[("baggage", "user=alice")], names: &[] },
    Client {
        name: "traceparent, not sampled",
        headers: &[("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00")],
        names: &[(Format::W3c, T, S, false)],
    },
    Client {
        // Text for who reads UTF-8, and the SDK would trim it; but nobody does.
        name: "traceparent beyond ASCII",
        headers: &[("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\u{85}")],
        names: &[],
    },
    Client {
        name: "traceparent and the gateway's Root",
        headers: &[("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"), ROOT_ONLY],
        names: &[(Format::W3c, T, S, true)],
    },
    Client {
        name: "single b3",
        headers: &[("b3", "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1")],
        names: &[(Format::B3Single, T, S, true)],
    },
    Client {
        name: "multiple b3",
        headers: &[("x-b3-traceid", T), ("x-b3-spanid", S), ("x-b3-sampled", "1")],
        names: &[(Format::B3Multi, T, S, true)],
    },
    Client {
        name: "multiple b3, not sampled",
        headers: &[("x-b3-traceid", T), ("x-b3-spanid", S), ("x-b3-sampled", "0")],
        names: &[(Format::B3Multi, T, S, false)],
    },
    Client {
        name: "single and multiple b3",
        headers: &[
            ("b3", "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1"),
            ("x-b3-traceid", T),
            ("x-b3-spanid", S),
            ("x-b3-sampled", "1"),
        ],
        names: &[(Format::B3Single, T, S, true), (Format::B3Multi, T, S, true)],
    },
    Client { name: "the gateway's Root", headers: &[ROOT_ONLY], names: &[] },
    Client {
        name: "X-Ray, recorded",
        headers: &[("x-amzn-trace-id", "Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;Parent=00f067aa0ba902b7;Sampled=1")],
        names: &[(Format::XRay, T, S, true)],
    },
    Client {
        // What the propagator doesn't know it keeps, and writes back as a second `Parent`.
        name: "X-Ray, recorded, with a parent in another case",
        headers: &[(
            "x-amzn-trace-id",
            "Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;Parent=00f067aa0ba902b7;parent=00f067aa0ba902b7;Sampled=1",
        )],
        names: &[(Format::XRay, T, S, true)],
    },
    Client {
        name: "X-Ray, not sampled",
        headers: &[("x-amzn-trace-id", "Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;Parent=00f067aa0ba902b7;Sampled=0")],
        names: &[(Format::XRay, T, S, false)],
    },
    Client {
        name: "X-Ray, not sampled and sampled",
        headers: &[(
            "x-amzn-trace-id",
            "Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;Parent=00f067aa0ba902b7;Sampled=0;sampled=1",
        )],
        names: &[(Format::XRayContradicting, T, S, false)],
    },
    Client {
        name: "X-Ray, sampled and not sampled",
        headers: &[(
            "x-amzn-trace-id",
            "Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;Parent=00f067aa0ba902b7;Sampled=1;sampled=0",
        )],
        names: &[(Format::XRayContradicting, T, S, true)],
    },
    Client {
        name: "multiple b3, debug",
        headers: &[("x-b3-traceid", T), ("x-b3-spanid", S), ("x-b3-flags", "1")],
        names: &[(Format::B3Multi, T, S, true)],
    },
    Client {
        name: "multiple b3, not sampled and debug",
        headers: &[("x-b3-traceid", T), ("x-b3-spanid", S), ("x-b3-sampled", "0"), ("x-b3-flags", "1")],
        names: &[(Format::B3Multi, T, S, true)],
    },
    Client {
        name: "traceparent, two baggage headers, two tracestate headers",
        headers: &[
            ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
            ("tracestate", "one=1"),
            ("tracestate", "other=2"),
            ("baggage", "user=alice"),
            ("baggage", "tenant=acme"),
        ],
        names: &[(Format::W3c, T, S, true)],
    },
    Client {
        name: "traceparent, and a vendor's state that names another span",
        headers: &[
            ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-1111111111111111-01"),
            ("tracestate", "vendor=00f067aa0ba902b7"),
        ],
        names: &[(Format::W3c, T, "1111111111111111", true), (Format::Vendor, T, S, true)],
    },
    Client {
        name: "foreign headers",
        headers: &[
            ("uber-trace-id", "4bf92f3577b34da6a3ce929d0e0e4736:00f067aa0ba902b7:0:1"),
            ("x-datadog-trace-id", "1234567890123456789"),
            ("x-datadog-parent-id", "987654321"),
            ("x-cloud-trace-context", "4bf92f3577b34da6a3ce929d0e0e4736/67667974448284343;o=1"),
        ],
        names: &[],
    },
];

impl Client {
    /// The span that should be the gateway's parent: what the propagator reads.
    pub(crate) fn parent(&self, propagator: Propagator) -> Option<(&str, &str, bool)> {
        let named = |format| self.names.iter().find(|name| name.0 == format);
        let read = reads(propagator).iter().find_map(|format| named(*format));
        read.map(|(_, trace, span, sampled)| (*trace, *span, *sampled))
    }

    /// The span that should be linked: a parent that X-Ray recorded, unless it is the gateway's parent already.
    pub(crate) fn link(&self, propagator: Propagator) -> Option<String> {
        let recorded = self.names.iter().find(|name| name.0 == Format::XRay && name.3);
        let is_parent = recorded.is_some_and(|name| self.parent(propagator).is_some_and(|found| found.1 == name.2));
        recorded.filter(|_| !is_parent).map(|(_, trace, span, _)| format!("{trace}-{span}"))
    }

    pub(crate) fn has_baggage(&self) -> bool {
        self.headers.iter().any(|(name, _)| *name == "baggage")
    }

    pub(crate) fn request(&self) -> RequestBuilder {
        let request = RequestBuilder::gateway().uri("/users/42").and("host", "localhost");
        self.headers.iter().fold(request, |request, (name, value)| request.and(name, value))
    }
}
