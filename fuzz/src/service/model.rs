//! A model of the layer, written separately: how a request is counted, and how its span ends.

use std::time::{Duration, SystemTime};

use apigateway_inferred_span::{InvalidProxyRequest, ProxyRequest, XRay};
use http::{HeaderMap, HeaderValue};
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::TraceContextExt as _;
use opentelemetry_sdk::trace::SpanData;

use super::events::Event;
use super::input::{Accept, Processor, Propagation, Sampling, Settings};
use super::layer::{API_ID, DOMAIN, SECRET};
use super::telemetry::{propagator, Headers};
use crate::{now, text};

impl Settings {
    /// The code under which the layer should count the request; `None` if it should not count it.
    pub(crate) fn code(&self, headers: &HeaderMap) -> Option<&'static str> {
        if self.off || !headers.contains_key("x-dd-proxy") {
            return None;
        }
        let secret = headers.get(SECRET.0).map(HeaderValue::as_bytes);
        if self.shared_secret && secret != Some(SECRET.1.as_bytes()) {
            return Some("wrong_secret");
        }
        let believed = if self.shared_secret { without_contradictions(headers) } else { headers.clone() };
        let request = match ProxyRequest::from_headers(&believed) {
            Ok(request) => request?,
            Err(reason) => return Some(reason.kind().as_str()),
        };
        let is_allowed = |domain: &str| {
            let domain = domain.to_ascii_lowercase();
            let below = domain.strip_suffix(&DOMAIN[1..]);
            below.is_some_and(|below| !below.is_empty())
        };
        if self.allow_domains && !request.domain().is_some_and(is_allowed) {
            return Some("domain_not_allowed");
        }
        if self.allow_api_ids && request.api_id() != Some(API_ID) {
            return Some("api_id_not_allowed");
        }
        if let Some(max) = self.max_request_age_s {
            let max = Duration::from_secs(max.into());
            match request.request_time() {
                None => return Some("missing_request_time"),
                Some(time) if time + max < now() => return Some("too_old"),
                Some(time) if time > now() + max => return Some("in_the_future"),
                Some(_) => {}
            }
        }
        match self.accept_if {
            Some(Accept::Never) => return Some("not_accepted"),
            Some(Accept::Panics) => return Some("panicked"),
            _ => {}
        }
        if self.propagation == Propagation::ExtractPanics {
            return Some("panicked");
        }
        let parent = propagator(self.propagation).extract(&Headers(headers));
        let parent = parent.span().span_context().clone();
        let recorded = request.x_ray().filter(|x_ray| x_ray.sampled() == Some(true));
        let recorded = recorded.and_then(|x_ray| Some((x_ray.trace_id(), x_ray.parent()?)));
        let is_same = recorded == Some((parent.trace_id(), parent.span_id()));
        if self.x_ray() == XRay::Defer && recorded.is_some() && (!parent.is_valid() || is_same) {
            return Some("deferred");
        }
        if self.sampling == Sampling::Panics {
            return Some("panicked");
        }
        if self.sampling == Sampling::ShutDown {
            return Some("no_tracer_provider");
        }
        // What else can go wrong depends on whether the span is sampled and the headers name one.
        Some("accepted")
    }

    /// Whether a span processor may panic after the request has passed all checks.
    pub(crate) fn may_panic_late(&self) -> bool {
        self.processor == Processor::PanicsAtStart
    }

    pub(crate) fn is_error(&self, status: u16) -> bool {
        let (first, last) = self.error_statuses.unwrap_or((500, 599));
        first <= status && status <= last
    }

    /// How long after its receipt the gateway gives up on the request, if that is known.
    pub(crate) fn gives_up_after(&self, span: &SpanData) -> Option<Duration> {
        let default = match text(span, "component").as_str() {
            "aws-apigateway" => Some(29),
            "aws-httpapi" => Some(30),
            _ => None,
        };
        // 0 can't be used, and counts as unset.
        let configured = self.integration_timeout_ms.filter(|ms| *ms > 0).map(u64::from);
        let configured = configured.map(Duration::from_millis);
        let age = now().duration_since(span.start_time).expect("a start that isn't in the future");
        // To the second: from the beginning of it.
        let to_the_second = !text(span, "inferred_span.start_resolution_ms").is_empty();
        let rest = span.start_time.duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").subsec_millis();
        let age = if to_the_second { age + Duration::from_millis(rest.into()) } else { age };
        configured.or(default.map(Duration::from_secs))?.checked_sub(age)
    }
}

/// What counts of a request with the right secret: optional headers that came twice with different values don't, nor does
/// an API's id that contradicts the mapped one.
fn without_contradictions(headers: &HeaderMap) -> HeaderMap {
    let mut believed = headers.clone();
    for name in OPTIONAL {
        let values: Vec<_> = headers.get_all(name).iter().collect();
        if values.iter().any(|value| *value != values[0]) {
            believed.remove(name);
        }
    }
    if ProxyRequest::from_headers(&believed) == Err(InvalidProxyRequest::ApiIdMismatch) {
        believed.remove("x-amzn-apigateway-api-id");
    }
    believed
}

const OPTIONAL: [&str; 10] = [
    "x-dd-proxy-domain-name",
    "x-dd-proxy-httpmethod",
    "x-dd-proxy-path",
    "x-dd-proxy-stage",
    "x-dd-proxy-resource-path",
    "x-dd-proxy-account-id",
    "x-dd-proxy-api-id",
    "x-dd-proxy-region",
    "x-dd-proxy-user",
    "x-dd-proxy-request-id",
];

/// The status that the gateway answers when it has given up.
pub(crate) fn gateways_status(span: &SpanData) -> Option<u16> {
    match text(span, "component").as_str() {
        "aws-apigateway" => Some(504),
        "aws-httpapi" => Some(503),
        _ => None,
    }
}

/// How the span should end, given what the application did. `failure` is the `error.type`; "open" stands for a
/// response that is not complete yet.
pub(crate) struct Model {
    pub(crate) status: Option<u16>,
    pub(crate) failure: Option<&'static str>,
}

impl Model {
    pub(crate) fn of(is_head: bool, events: &[Event]) -> Self {
        let mut model = Self { status: None, failure: Some("open") };
        let mut remaining = None;
        for event in events {
            model.failure = match *event {
                Event::SpanEnded => break,
                Event::Responded { status, length } => {
                    model.status = Some(status);
                    remaining = length;
                    let no_body = is_head || matches!(status, 100..=199 | 204 | 304);
                    let is_whole = no_body || length == Some(0);
                    (!is_whole).then_some("open")
                }
                Event::Sent(bytes) => {
                    remaining = remaining.map(|left: u64| left.saturating_sub(bytes));
                    model.failure.filter(|failure| *failure != "open" || remaining != Some(0))
                }
                Event::Trailers | Event::EndedWithFrame | Event::Ended => match model.failure {
                    Some("open") if remaining.is_some_and(|remaining| remaining > 0) => Some("body"),
                    Some("open") => None,
                    failure => failure,
                },
                Event::ServiceFailed => Some("service"),
                Event::BodyFailed => Some("body"),
                Event::Panicked => Some("panic"),
                Event::FutureDropped | Event::BodyDropped => model.failure,
            };
        }
        model
    }
}
