//! The application: axum, with a server span from `TraceLayer`, and this crate's layer, which records the gateway's spans,
//! metrics and access log.

use apigateway_inferred_span::{server_span, ApiGatewayInferredSpan};
use axum::extract::Path;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::Router;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tokio::time::sleep;
use tower_http::trace::TraceLayer;
use tracing::{info_span, Instrument as _};

use crate::gateway::INTEGRATION_TIMEOUT;
use crate::spread;
use crate::telemetry::Telemetry;

pub(crate) fn app(telemetry: &Telemetry) -> Router {
    Router::new()
        .route("/orders", post(place_order))
        .route("/orders/{number}", get(order))
        .route("/reports/{number}", get(report))
        .layer(TraceLayer::new_for_http().make_span_with(server_span))
        .layer(
            ApiGatewayInferredSpan::new()
                .enabled(true)
                .integration_timeout(INTEGRATION_TIMEOUT)
                .access_log(true)
                .propagator(TraceContextPropagator::new())
                .tracer_provider(&telemetry.tracer_provider)
                .meter_provider(&telemetry.meter_provider),
        )
}

async fn order(Path(number): Path<u64>) -> Result<String, StatusCode> {
    query("SELECT orders", number).await;
    match number % 7 {
        0 => Err(StatusCode::NOT_FOUND),
        _ => Ok(format!("order {number}: tea, 2 pounds\n")),
    }
}

async fn place_order(number: String) -> StatusCode {
    let Ok(number) = number.trim().parse() else {
        return StatusCode::BAD_REQUEST;
    };
    query("INSERT orders", number).await;
    if number % 4 == 0 {
        tracing::error!("the bank closed the connection");
        return StatusCode::INTERNAL_SERVER_ERROR;
    }
    StatusCode::CREATED
}

async fn report(Path(number): Path<u64>) -> String {
    query("SELECT sales", number).await;
    format!("report {number}: sales are up\n")
}

/// Stands for a database's answer.
async fn query(name: &'static str, number: u64) {
    let query = info_span!("query", otel.name = name, otel.kind = "client");
    sleep(spread::duration(number)).instrument(query).await;
}
