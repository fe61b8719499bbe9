//! Counts as costs: of one request, over the case below.

use std::collections::HashMap;

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
    /// Counts the cases of a set, with the binaries `instructions` and `allocations` plus `suffix`. Of the repeats,
    /// the median counts.
    #[must_use]
    pub fn count(suffix: &str, set: &str, repeats: usize) -> Self {
        let binary = format!("instructions{suffix}");
        let repeats: Vec<_> = (0..repeats).map(|_| callgrind::count(&binary, set)).collect();
        let allocated = allocations::count(&format!("allocations{suffix}"), set);
        let counted = repeats[0].iter().enumerate().zip(allocated);
        Self::over_baselines(counted.map(|((at, (name, baseline, _)), (_, allocations, reallocations))| {
            let mut counts: Vec<_> = repeats.iter().map(|counted| counted[at].2).collect();
            counts.sort_unstable();
            let cost = Cost {
                instructions: per_request(counts[counts.len() / 2]),
                allocations: per_request(allocations),
                reallocations: per_request(reallocations),
            };
            (name.clone(), baseline.clone(), cost)
        }))
    }

    /// Counts only instructions, and once.
    #[must_use]
    pub fn instructions(suffix: &str, set: &str) -> Self {
        let counted = callgrind::count(&format!("instructions{suffix}"), set);
        Self::over_baselines(counted.into_iter().map(|(name, baseline, count)| {
            let cost = Cost { instructions: per_request(count), ..Cost::default() };
            (name, baseline, cost)
        }))
    }

    /// From costs and the names of their baselines.
    fn over_baselines(counted: impl Iterator<Item = (String, String, Cost)>) -> Self {
        let counted: Vec<_> = counted.collect();
        let absolute: HashMap<_, _> = counted.iter().map(|(name, _, cost)| (name.as_str(), cost)).collect();
        let over_baseline = |(name, baseline, cost): &(String, String, Cost)| {
            let below = match baseline.as_str() {
                NOTHING => Cost::default(),
                baseline => *absolute[baseline],
            };
            let over = Cost {
                instructions: (cost.instructions - below.instructions).round(),
                allocations: round_to_tenths(cost.allocations - below.allocations),
                reallocations: round_to_tenths(cost.reallocations - below.reallocations),
            };
            (name.clone(), over)
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

    /// What is over something, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Cost)> {
        let all = self.0.iter().map(|(name, cost)| (name.as_str(), *cost));
        all.filter(|(name, _)| !name.starts_with("bare") && *name != NOTHING)
    }

    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }
}

fn per_request(total: u64) -> f64 {
    total as f64 / callgrind::RUNS as f64
}

/// What happens less often than every tenth request isn't the layer's.
fn round_to_tenths(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}
