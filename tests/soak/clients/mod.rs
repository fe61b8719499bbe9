//! The clients: they send the mix and check what they get.

mod connection;
mod exchange;
mod workers;

pub(crate) use workers::{Clients, WORKERS};
