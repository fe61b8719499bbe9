//! The gateway's access log, as far as the application can know it.

use jiff::Timestamp;
use opentelemetry::trace::TraceContextExt as _;
use opentelemetry::TraceId;

use super::{Begun, Ended, ErrorType, Observation, Observer, Outcome, Status, Transit};
use crate::request::text::hex;
use crate::request::{Proxy, ProxyRequest};

/// The target of the events.
pub(crate) const TARGET: &str = "apigateway::access";

/// Logs the end of each exchange.
#[derive(Debug)]
pub(crate) struct AccessLog;

impl Observer for AccessLog {
    fn begin(&self, begun: &Begun<'_>) -> Option<Box<dyn Observation>> {
        Some(Box::new(Entry { protocol: begun.protocol, transit: begun.transit }))
    }
}

/// What is known of an exchange only at its beginning.
struct Entry {
    protocol: &'static str,
    transit: Transit,
}

impl Observation for Entry {
    fn end(self: Box<Self>, ended: &Ended<'_>) {
        // Bridges from `tracing` to a log take the trace from the current context.
        let _current = ended.context.clone().attach();
        let Ended { outcome, headers, personal, .. } = ended;
        let request = &headers.read();
        let [request_id, extended_request_id] = request.ids();
        let [resource_path, route_key] = match request.proxy() {
            Proxy::HttpApi | Proxy::LambdaFunctionUrl | Proxy::WebSocketApi => [None, request.route_key()],
            _ => [request.route(), None],
        };
        let span = ended.context.span();
        let ids = Some(span.span_context()).filter(|span| span.is_valid());
        let (trace_id, span_id) = (ids.map(|ids| ids.trace_id()), ids.map(|ids| ids.span_id()));
        tracing::info!(
            target: TARGET,
            // A span of the application isn't the log's: without this, a subscriber would show the one that is current.
            parent: None,
            component = request.proxy().as_str(),
            requestId = request_id,
            extendedRequestId = extended_request_id,
            apiId = request.api_id(),
            stage = request.stage(),
            ip = request.client_address().filter(|_| personal.client_address).map(tracing::field::display),
            user = request.user().filter(|_| personal.user),
            requestTime = request_time(request),
            requestTimeEpoch = request.request_time_ms(),
            httpMethod = request.method(),
            resourcePath = resource_path,
            routeKey = route_key,
            path = request.path(),
            status = outcome.status.map(|status| u64::from(status.code())),
            protocol = self.protocol,
            responseLength = outcome.sent,
            responseLatency = self.transit.duration().map(|before| ms(before + outcome.elapsed)),
            integrationLatency = ms(outcome.elapsed),
            integrationStatus = integration_status(outcome),
            integrationError = integration_error(outcome).as_deref(),
            xrayTraceId = request.x_ray().map(|x_ray| x_ray.root()),
            trace_id = trace_id.map(|id| hex_text::<32>(&id.to_bytes())),
            span_id = span_id.map(|id| hex_text::<16>(&id.to_bytes())),
            // As text: readers of JSON that take numbers for floating point would change their last digits.
            dd.trace_id = trace_id.map(|id| lower_64_bits(id).to_string()),
            dd.span_id = span_id.map(|id| u64::from_be_bytes(id.to_bytes()).to_string()),
            "request through the gateway"
        );
    }
}

/// `24/Oct/2024:14:27:05 +0000`, as in `$context.requestTime`.
fn request_time(request: &ProxyRequest<'_>) -> Option<String> {
    let ms = i64::try_from(request.request_time_ms()?).ok()?;
    Some(Timestamp::from_millisecond(ms).ok()?.strftime("%d/%b/%Y:%H:%M:%S %z").to_string())
}

/// What the application answered, if the gateway can have seen it.
fn integration_status(outcome: &Outcome) -> Option<u64> {
    match outcome.status? {
        Status::Application(status) => Some(status.into()),
        Status::Inferred(_) => None,
    }
}

/// Why the answer is missing or incomplete. A status alone is an answer.
fn integration_error(outcome: &Outcome) -> Option<std::borrow::Cow<'static, str>> {
    match outcome.error? {
        ErrorType::Status(_) => None,
        error => Some(error.as_str()),
    }
}

/// Whole milliseconds, as in the gateway's log.
fn ms(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// The `N` hexadecimal digits of an id.
fn hex_text<const N: usize>(id: &[u8]) -> String {
    hex::<N>(id).map(char::from).iter().collect()
}

/// By which Datadog knows a trace.
fn lower_64_bits(id: TraceId) -> u64 {
    u128::from_be_bytes(id.to_bytes()) as u64
}
