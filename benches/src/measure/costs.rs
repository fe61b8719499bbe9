//! Costs: counts of one request, less those of the baseline.

use std::collections::HashMap;

use super::report::median;
use super::{allocations, callgrind};
use crate::case::NOTHING;

/// What one request costs more than without the layer.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cost {
    pub instructions: f64,
    pub allocations: f64,
    pub reallocations: f64,
}

/// Costs by the name of the case, in the order of the cases.
#[derive(Clone, Debug, Default)]
pub struct Costs(Vec<(String, Cost)>);

impl Costs {
    /// Counts the cases of a suite, with the binaries `instructions` and `allocations` plus `suffix`. Of the repeats,
    /// the median counts.
    #[must_use]
    pub fn count(suffix: &str, suite: &str, repeats: usize) -> Self {
        let binary = format!("instructions{suffix}");
        let repeats: Vec<_> = (0..repeats).map(|_| callgrind::count(&binary, suite)).collect();
        let allocated = allocations::count(&format!("allocations{suffix}"), suite);
        let counted: Vec<_> = (repeats[0].iter().enumerate().zip(allocated))
            .map(|((at, (name, baseline, _)), (allocations, reallocations))| {
                let instructions = median(repeats.iter().map(|counted| counted[at].2));
                (name, baseline, Cost { instructions, allocations, reallocations })
            })
            .collect();
        let costs: HashMap<_, _> = counted.iter().map(|(name, _, cost)| (name.as_str(), *cost)).collect();
        let over_baseline = |(name, baseline, cost): &(&String, &String, Cost)| {
            let below = match baseline.as_str() {
                NOTHING => Cost::default(),
                baseline => costs[baseline],
            };
            let cost = Cost {
                instructions: (cost.instructions - below.instructions).round(),
                allocations: round_to_tenths(cost.allocations - below.allocations),
                reallocations: round_to_tenths(cost.reallocations - below.reallocations),
            };
            ((*name).clone(), cost)
        };
        Self(counted.iter().map(over_baseline).collect())
    }

    /// # Panics
    ///
    /// If there is no case of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Cost {
        let found = self.0.iter().find(|(found, _)| found == name);
        found.unwrap_or_else(|| panic!("no case {name:?}")).1
    }

    /// All but the baselines, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Cost)> {
        let all = self.0.iter().map(|(name, cost)| (name.as_str(), *cost));
        all.filter(|(name, _)| !name.starts_with("bare") && *name != NOTHING)
    }

    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }
}

/// What happens less often than in every tenth request isn't the layer's.
fn round_to_tenths(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}
