//! What the bytes of an input mean. `Arbitrary` reads fields in order and numbers variants: keep both, for the seeds.

use arbitrary::{Arbitrary, Unstructured};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::{pairs, split_once};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Arbitrary)]
pub(crate) enum Sampling {
    On,
    Off,
    ParentBased,
    Panics,
    ShutDown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Arbitrary)]
pub(crate) enum Propagation {
    TraceContext,
    WithBaggage,
    XRay,
    XRayFirst,
    ExtractPanics,
    InjectPanics,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Arbitrary)]
pub(crate) enum Processor {
    Fine,
    PanicsAtStart,
    PanicsAtEnd,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Arbitrary)]
pub(crate) enum Accept {
    Always,
    Never,
    Panics,
}

/// The settings of the layer, the telemetry that it uses, and whether a second layer is inside it.
#[derive(Debug, Arbitrary)]
pub struct Settings {
    pub(crate) off: bool,
    pub(crate) nested: bool,
    pub(crate) sampling: Sampling,
    pub(crate) propagation: Propagation,
    pub(crate) processor: Processor,
    pub(crate) x_ray: u8,
    pub(crate) otel_span_name: bool,
    pub(crate) whole_paths: bool,
    pub(crate) record_user: bool,
    pub(crate) record_client_address: bool,
    pub(crate) strip_headers: bool,
    pub(crate) integration_timeout_ms: Option<u16>,
    pub(crate) error_statuses: Option<(u16, u16)>,
    pub(crate) service_mapping: bool,
    pub(crate) max_services: Option<u8>,
    pub(crate) allow_domains: bool,
    pub(crate) allow_api_ids: bool,
    pub(crate) shared_secret: bool,
    pub(crate) max_request_age_s: Option<u16>,
    pub(crate) accept_if: Option<Accept>,
}

/// What the application and the client do in an exchange.
#[derive(Debug, Arbitrary)]
pub struct Plan {
    pub(crate) method: u8,
    pub(crate) panics_in_call: bool,
    pub(crate) pending: u8,
    pub(crate) outcome: Outcome,
    pub(crate) client: Client,
}

#[derive(Debug, Arbitrary)]
pub(crate) enum Outcome {
    Respond(Reply),
    Fail,
    Panic,
    Never,
}

#[derive(Debug, Arbitrary)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) length: Length,
    pub(crate) hint: Hint,
    pub(crate) tells_its_end: bool,
    pub(crate) steps: Vec<Step>,
}

#[derive(Debug, Arbitrary)]
pub(crate) enum Length {
    Absent,
    Right,
    Other(u16),
    NoNumber,
}

#[derive(Clone, Copy, Debug, Arbitrary)]
pub(crate) enum Hint {
    Absent,
    Right,
    Other(u16),
}

#[derive(Clone, Copy, Debug, Arbitrary)]
pub(crate) enum Step {
    Data(u8),
    Trailers,
    Pending,
    Fail,
    Panic,
}

/// How the client treats the response.
#[derive(Debug, Arbitrary)]
pub(crate) struct Client {
    /// Number of polls of the future before it is dropped.
    pub(crate) future_polls: u8,
    /// Number of polls of the body before it is dropped.
    pub(crate) body_polls: u8,
    /// Calls `is_end_stream` before each poll, as a server does.
    pub(crate) asks_for_the_end: bool,
    pub(crate) polls_after_the_end: bool,
    pub(crate) drops_in_a_panic: bool,
    /// Keeps the future or body until all requests are done.
    pub(crate) keeps: bool,
}

/// Splits an input into the headers of each request and the bytes for everything else.
pub fn split(data: &[u8]) -> (Vec<HeaderMap>, Unstructured<'_>) {
    let (mut rest, mut requests) = (data, Vec::new());
    while let (true, Some((block, after))) = (requests.len() < 3, split_once(rest, b"\n\n")) {
        requests.push(headers(block));
        rest = after;
    }
    (requests, Unstructured::new(rest))
}

/// The headers of a block that the parser of a server would accept.
fn headers(block: &[u8]) -> HeaderMap {
    let pairs = pairs(block).into_iter().filter_map(|(name, value)| {
        let value = HeaderValue::from_bytes(&value).ok()?;
        Some((HeaderName::from_bytes(name.as_bytes()).ok()?, value))
    });
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(name, value);
    }
    headers
}
