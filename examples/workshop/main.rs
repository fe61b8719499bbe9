//! A gateway's dashboards, from inside the application: requests that may outlast the gateway's limit, read in metrics,
//! access logs and traces, after module 4 of AWS's API Gateway workshop.
//!
//! ```text
//! client  ->  gateway/, stands in for a REST API with two stages  ->  app.rs, axum with this crate's layer
//! ```
//!
//! The application takes 250 to 1,500 ms, the gateway waits for 1 s. Both log and count the requests, and this program
//! shows what each of them knows, side by side. It fails if they disagree where they shouldn't. Everything runs in this
//! process and on the loopback interface.
//!
//! ```text
//! cargo run --features metrics,access-log --example workshop
//! cargo run --features metrics,access-log --example workshop -- --requests 200 --concurrency 20
//! ```
#![allow(clippy::disallowed_methods)]

mod agreement;
mod app;
mod arguments;
mod calls;
mod client;
#[path = "../common/mod.rs"]
mod common;
mod figures;
mod gateway;
mod logs;
mod progress;
mod route;
mod run;
mod spread;
mod telemetry;
mod views;

use std::process::ExitCode;
use std::time::Duration;

use arguments::Load;
use calls::Call;
use common::output::{paint, print};
use gateway::Gateway;
use progress::Progress;
use run::{Run, Sent};
use telemetry::Telemetry;
use tokio::net::TcpListener;
use tokio::time::{sleep, Instant};

type Error = Box<dyn std::error::Error + Send + Sync>;

/// How long after the last response the application may still be recording.
const PATIENCE: Duration = Duration::from_secs(2);

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = arguments::parse(std::env::args().skip(1));
    let load = match arguments.or_exit_code(arguments::USAGE, arguments::HELP) {
        Ok(load) => load,
        Err(code) => return code,
    };
    match run(&load).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("workshop: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(load: &Load) -> Result<(), Error> {
    let telemetry = Telemetry::install()?;
    let run = serve_and_send(&telemetry, load).await?;
    telemetry.shut_down()?;

    let paint = paint();
    print(&views::metrics::metrics(&run, paint))?;
    print(&views::logs::logs(&run, paint))?;
    print(&views::waterfalls::waterfalls(&run, paint))?;
    print(&views::agreement::agreement(&agreement::sums(&run), paint))?;
    let disagreements = agreement::disagreements(&run);
    if disagreements.is_empty() {
        print("\nAll agree.\n")?;
        return Ok(());
    }
    Err(disagreements.join("\nworkshop: ").into())
}

async fn serve_and_send(telemetry: &Telemetry, load: &Load) -> Result<Run, Error> {
    let listeners = (TcpListener::bind("127.0.0.1:0").await?, TcpListener::bind("127.0.0.1:0").await?);
    let (application, front) = listeners;
    let gateway = Gateway::before(application.local_addr()?);
    let address = front.local_addr()?;
    let (app, stages) = (app::app(telemetry), gateway.router());
    tokio::spawn(async { axum::serve(application, app).await });
    tokio::spawn(async { axum::serve(front, stages).await });

    let calls = Call::plan(load.requests);
    let unsampled = calls.iter().filter_map(|call| Some(call.unsampled?.to_string())).collect();
    let statuses = client::send_all(calls, address, load.concurrency, Progress::of(load.requests)).await?;
    settled(&Sent { statuses, unsampled }, &gateway, telemetry).await
}

/// Waits for the ends of the requests that the gateway gave up, of which the application learns a little later, but not
/// for ever.
async fn settled(sent: &Sent, gateway: &Gateway, telemetry: &Telemetry) -> Result<Run, Error> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let run = Run::collect(sent, gateway, telemetry)?;
        if Instant::now() >= deadline || agreement::disagreements(&run).is_empty() {
            return Ok(run);
        }
        sleep(Duration::from_millis(5)).await;
    }
}
