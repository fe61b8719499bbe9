//! An application behind a gateway, for `check.py`: serves until its standard input ends, and then prints its metrics.
//!
//! `behind-gateway axum|actix ACCESS_LOG`: prints its port, writes the access log to that file, and at the end prints one
//! point of a metric a line, as JSON.

mod actix_app;
mod axum_app;

use std::fs::File;
use std::io::Read as _;
use std::sync::Mutex;
use std::time::Duration;

use apigateway_inferred_span::{access_log, ApiGatewayInferredSpan};
use opentelemetry_sdk::trace::SdkTracerProvider;
use serde_json::json;
use support::metrics::Meters;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// How long nginx waits for the application.
const TIMEOUT: Duration = Duration::from_secs(1);
/// Longer than that.
const LATE: Duration = Duration::from_secs(2);

#[tokio::main(worker_threads = 2)]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let framework = arguments.next().expect("axum or actix");
    let log = File::create(arguments.next().expect("a file for the access log")).expect("a file that can be written");
    tracing_subscriber::registry().with(access_log::json_with_writer(Mutex::new(log))).init();

    let meters = Meters::new();
    // Nobody wants the spans: the log has their ids.
    let spans = SdkTracerProvider::builder().build();
    let layer = ApiGatewayInferredSpan::new()
        .enabled(true)
        .tracer_provider(&spans)
        .meter_provider(&meters.provider)
        .access_log(true)
        .integration_timeout(TIMEOUT);
    let server = match framework.as_str() {
        "axum" => axum_app::start(layer).await,
        "actix" => actix_app::start(layer),
        other => panic!("axum or actix, not {other}"),
    };
    println!("{}", server.address.port());

    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await.expect("read").expect("read");
    drop(server);
    for point in meters.read() {
        println!(
            "{}",
            json!({ "metric": point.metric, "attributes": point.attributes, "count": point.count, "sum": point.sum })
        );
    }
}
