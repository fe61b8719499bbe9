//! The clients: they send the mix of requests and check the responses.

mod connection;
mod exchange;
mod run;
mod workers;

pub(crate) use workers::Clients;
