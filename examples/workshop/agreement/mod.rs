//! Whether all counts of the requests agree.

mod requests;
mod routes;
mod sums;

use crate::run::Run;

pub(crate) use sums::{sums, Sum, SOURCES};

/// What doesn't agree, in words.
pub(crate) fn disagreements(run: &Run) -> Vec<String> {
    let sums = sums(run).into_iter().filter_map(|sum| sum.disagreement());
    sums.chain(routes::disagreements(run)).chain(requests::disagreements(run)).collect()
}
