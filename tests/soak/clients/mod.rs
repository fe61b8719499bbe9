//! The clients: they send the mix and check what they get.

mod connection;
mod exchange;
mod run;
mod workers;

pub(crate) use workers::Clients;
