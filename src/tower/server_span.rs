//! The application's server span, for `TraceLayer::make_span_with`.

use http::{HeaderMap, HeaderName, Request};
use opentelemetry::propagation::Extractor;
use opentelemetry::trace::TraceContextExt as _;
use opentelemetry::{global, Context};
use tracing::field::Empty;
use tracing::Span;

use crate::catch_panic::catch_panic;
use crate::exchange::InferredSpan;
use crate::request::Method;

/// Makes the application's server span, a `tracing` span below the gateway's.
///
/// For [`make_span_with`] of tower-http's `TraceLayer`, whose own span is of kind INTERNAL: below the gateway's span,
/// Datadog, X-Ray and service graphs don't count such a span as the application's. This one
///
/// - is of kind SERVER, at the level INFO and with the target of `TraceLayer`'s (`tower_http::trace::make_span`), with the
///   fields `otel.kind`, `otel.name` (the method), `http.request.method` and `url.path`;
/// - gets the status of the response that the gateway gets: `http.response.status_code`, and `otel.status_code` if it is an
///   [error](crate::ApiGatewayInferredSpan::error_statuses). So don't record them a second time, in `on_response`;
/// - is below the gateway's span in another task too, behind a buffer or a spawn;
/// - ends when the response does or the request is cut off, unless a task that runs on still holds it.
///   `tracing-opentelemetry` alone ends the span of a request that is cut off at its last poll, so that a timeout looks
///   like the gateway's own.
///
/// If several are made for one request, as by a retry, the last one gets the status and that end.
///
/// A request that didn't come through the gateway gets the same span, without the status: below the current one if there
/// is one, else below the client's that the global propagator finds in the headers.
///
/// # Examples
///
/// ```
/// use apigateway_inferred_span::{server_span, ApiGatewayInferredSpan};
/// use axum::{routing::get, Router};
/// use tower_http::trace::TraceLayer;
///
/// let app: Router = Router::new()
///     .route("/users/{id}", get(|| async { "Ada" }))
///     .layer(TraceLayer::new_for_http().make_span_with(server_span))
///     .layer(ApiGatewayInferredSpan::new());
/// ```
///
/// [`make_span_with`]: https://docs.rs/tower-http/0.7/tower_http/trace/struct.TraceLayer.html#method.make_span_with
#[must_use]
pub fn server_span<B>(request: &Request<B>) -> Span {
    server_span_with(request, || {
        // An unknown method may be anything, which would make as many names.
        let method = Method::from_canonical(request.method().as_str().as_bytes());
        tracing::info_span!(
            target: "tower_http::trace::make_span",
            "request",
            otel.kind = "server",
            otel.name = method.map_or("HTTP", |method| method.known_or("HTTP")),
            otel.status_code = Empty,
            http.request.method = method.map_or("_OTHER", |method| method.known_or("_OTHER")),
            http.response.status_code = Empty,
            url.path = request.uri().path(),
        )
    })
}

/// Makes a server span of your own, with what [`server_span`] does for its span: parent, status and end.
///
/// The span needs `otel.kind = "server"`. It gets the response's status if it has the fields
/// `http.response.status_code` and `otel.status_code`.
///
/// # Examples
///
/// Named after axum's route:
///
/// ```
/// use apigateway_inferred_span::server_span_with;
/// use axum::extract::{MatchedPath, Request};
/// use tracing::field::Empty;
///
/// fn make_span(request: &Request) -> tracing::Span {
///     let (method, route) = (request.method(), request.extensions().get::<MatchedPath>());
///     server_span_with(request, || match route.map(MatchedPath::as_str) {
///         Some(route) => tracing::info_span!(
///             "request",
///             otel.kind = "server",
///             otel.name = format!("{method} {route}"),
///             otel.status_code = Empty,
///             http.route = route,
///             http.response.status_code = Empty,
///         ),
///         None => tracing::info_span!("request", otel.kind = "server", otel.name = %method),
///     })
/// }
/// ```
#[must_use]
pub fn server_span_with<B>(request: &Request<B>, make: impl FnOnce() -> Span) -> Span {
    let Some(gateway) = request.extensions().get::<InferredSpan>() else {
        let _current = below_the_client(request.headers()).map(Context::attach);
        return make();
    };
    // Current already, or a span below it, unless the request has been handed to another task.
    let trace_id = gateway.context().span().span_context().trace_id();
    let is_current = Context::map_current(|current| current.span().span_context().trace_id() == trace_id);
    let _current = (!is_current).then(|| gateway.context().clone().attach());
    let span = make();
    gateway.keep_server_span(&span);
    span
}

/// What the global propagator finds, unless a span of this application is current.
fn below_the_client(headers: &HeaderMap) -> Option<Context> {
    if Context::map_current(|current| current.has_active_span()) || !Span::current().is_none() {
        return None;
    }
    // Somebody else's code, which must not fail the request.
    catch_panic(|| global::get_text_map_propagator(|propagator| propagator.extract(&ClientHeaders(headers))))
}

struct ClientHeaders<'a>(&'a HeaderMap);

impl Extractor for ClientHeaders<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(HeaderName::as_str).collect()
    }

    fn get_all(&self, key: &str) -> Option<Vec<&str>> {
        self.get(key)?;
        Some(self.0.get_all(key).into_iter().filter_map(|value| value.to_str().ok()).collect())
    }
}
