//! Real functions of `lambda_http` and `lambda_runtime` over a stand-in of Lambda's runtime interface.

mod adapter;
mod api;
mod arrival;
mod endings;
mod events;
mod flushing;
mod functions;
mod handlers;
mod hostile;
mod kinds;
mod observers;
mod process;
#[path = "../otlp/receiver.rs"]
#[allow(dead_code)]
mod receiver;
mod several;
mod switch;
mod xray;
