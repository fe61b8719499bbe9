//! Numbers for people and for other programs.

use super::costs::Cost;

/// Prints a line of `results.csv`.
///
/// # Panics
///
/// If a name has a comma.
pub fn row(bench: &str, case: &str, measure: &str, value: impl std::fmt::Display) {
    assert!(!case.contains(','), "{case:?} should have no comma");
    println!("{bench},{case},{measure},{value}");
}

/// # Panics
///
/// If there are no numbers.
pub fn median(numbers: impl IntoIterator<Item = f64>) -> f64 {
    let mut numbers: Vec<_> = numbers.into_iter().collect();
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

/// `13+2`: allocations and reallocations.
pub fn memory(cost: Cost) -> String {
    match cost.reallocations {
        0.0 => cost.allocations.to_string(),
        more => format!("{}+{more}", cost.allocations),
    }
}
