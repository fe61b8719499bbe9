//! The access logs of both sides, which have the same keys.

mod join;
mod line;

pub(crate) use join::{join, Joined, Pair};
pub(crate) use line::Line;
