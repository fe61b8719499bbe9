//! What the layer may cost: `must`, and what it `should`.
//!
//! | request | must | should |
//! |---|---|---|
//! | disabled | 300 instructions, nothing allocated | 150 |
//! | no gateway headers | 420 instructions, nothing allocated | 280 |
//! | unsampled parent | 1.3 x full API floor, 9 allocations | 1.1 x, 7 |
//! | sampled, nothing to rewrite | 2.8 x SDK floor | 2.2 x, 11 allocations |
//! | sampled, rewrite | 1.4 x full API floor, 15 allocations | 1.2 x, 13 |
//! | sampled, in nanoseconds | 0.6 x OtelAxumLayer | 0.4 x, 1.0 x opentelemetry-instrumentation-tower |
//!
//! The gate looks at all but the last: times are too uncertain for that.

use crate::measure::costs::{Cost, Costs};
#[cfg(feature = "others")]
use crate::others::{OTEL_AXUM, OTEL_TOWER};

pub struct Target {
    pub case: &'static str,
    pub must: Limit,
    pub should: Limit,
}

#[derive(Clone, Copy)]
pub struct Limit {
    instructions: Instructions,
    allocations: Option<f64>,
}

#[derive(Clone, Copy)]
enum Instructions {
    AtMost(f64),
    Times(f64, &'static str),
}

use Instructions::{AtMost, Times};

pub const TARGETS: [Target; 5] = [
    target("tower: disabled", AtMost(300.0), Some(0.0), AtMost(150.0), Some(0.0)),
    target("tower: no gateway headers", AtMost(420.0), Some(0.0), AtMost(280.0), Some(0.0)),
    target("tower: unsampled parent", Times(1.3, FULL), Some(9.0), Times(1.1, FULL), Some(7.0)),
    target("tower: sampled", Times(2.8, SDK), None, Times(2.2, SDK), Some(11.0)),
    target("tower: sampled, rewrite", Times(1.4, FULL), Some(15.0), Times(1.2, FULL), Some(13.0)),
];

/// What a request may take as a multiple of what it takes in another's layer.
#[cfg(feature = "others")]
pub struct TimeTarget {
    pub case: &'static str,
    pub other: &'static str,
    pub must: Option<f64>,
    pub should: f64,
}

#[cfg(feature = "others")]
pub const TIME_TARGETS: [TimeTarget; 2] = [
    TimeTarget { case: "tower: sampled", other: OTEL_AXUM, must: Some(0.6), should: 0.4 },
    TimeTarget { case: "tower: sampled", other: OTEL_TOWER, must: None, should: 1.0 },
];

const SDK: &str = "SDK floor";
const FULL: &str = "full API floor";

const fn target(
    case: &'static str,
    must: Instructions,
    must_allocations: Option<f64>,
    should: Instructions,
    should_allocations: Option<f64>,
) -> Target {
    Target {
        case,
        must: Limit { instructions: must, allocations: must_allocations },
        should: Limit { instructions: should, allocations: should_allocations },
    }
}

impl Limit {
    /// At most so many instructions.
    #[must_use]
    pub fn instructions(&self, costs: &Costs) -> f64 {
        match self.instructions {
            AtMost(most) => most,
            Times(factor, floor) => (factor * costs.get(floor).instructions).floor(),
        }
    }

    #[must_use]
    pub fn is_met(&self, cost: Cost, costs: &Costs) -> bool {
        cost.instructions <= self.instructions(costs) && self.allocations.is_none_or(|most| cost.allocations <= most)
    }

    /// `13270 (1.4 x full API floor), 15 allocations`.
    #[must_use]
    pub fn describe(&self, costs: &Costs) -> String {
        let mut text = self.instructions(costs).to_string();
        if let Times(factor, floor) = self.instructions {
            text += &format!(" ({factor} x {floor})");
        }
        if let Some(most) = self.allocations {
            text += &format!(", {most} allocations");
        }
        text
    }
}
