//! Counts and percentiles.

mod application;
mod histogram;
mod percentile;
mod tally;

pub(crate) use application::{read, Application, Metrics};
pub(crate) use percentile::Percentiles;
pub(crate) use tally::Tally;
