//! The application's server span, for `TraceLayer::make_span_with`.

use http::Request;
use tracing::field::Empty;
use tracing::Span;

use crate::exchange::InferredSpan;

/// Makes the application's server span, a `tracing` span below the gateway's.
///
/// For [`make_span_with`] of tower-http's `TraceLayer`, whose own span is of kind INTERNAL: below the gateway's span,
/// Datadog, X-Ray and service graphs don't count such a span as the application's. This one
///
/// - is of kind SERVER, at the level INFO, with the fields `otel.kind`, `otel.name` (the method),
///   `http.request.method` and `url.path`;
/// - gets the response's status: `http.response.status_code`, and `otel.status_code` if it is an
///   [error](crate::ApiGatewayInferredSpan::error_statuses);
/// - is below the gateway's span in another task too, behind a buffer or a spawn;
/// - ends when the response does or the request is cut off. `tracing-opentelemetry` alone ends the span of a request
///   that is cut off at its last poll, so that a timeout looks like the gateway's own.
///
/// A request that didn't come through the gateway gets the same span below the current one, without the status.
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
pub fn server_span<B>(request: &Request<B>) -> Span {
    server_span_with(request, || {
        tracing::info_span!(
            "request",
            otel.kind = "server",
            otel.name = request.method().as_str(),
            otel.status_code = Empty,
            http.request.method = request.method().as_str(),
            http.response.status_code = Empty,
            url.path = request.uri().path(),
        )
    })
}

/// Does for a span of the application's own what [`server_span`] does.
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
///
/// fn make_span(request: &Request) -> tracing::Span {
///     let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
///     server_span_with(request, || {
///         let name = format!("{} {route}", request.method());
///         tracing::info_span!("request", otel.kind = "server", otel.name = name.trim_end(), http.route = route)
///     })
/// }
/// ```
pub fn server_span_with<B>(request: &Request<B>, make: impl FnOnce() -> Span) -> Span {
    let Some(gateway) = request.extensions().get::<InferredSpan>() else {
        return make();
    };
    // Current already, unless the request has been handed to another task.
    let _current = gateway.context().clone().attach();
    let span = make();
    gateway.keep_server_span(&span);
    span
}
