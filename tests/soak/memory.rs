//! The memory of the process, and whether it grows.

/// Resident memory, and how many requests were done by then.
pub(crate) struct Sample {
    pub(crate) done: u64,
    pub(crate) kib: u64,
}

/// Resident memory in KiB; `None` where the system doesn't say.
pub(crate) fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

/// Prints the memory of a run, and says whether it has stayed flat: compares the first third of the run, after the
/// first tenth of it has warmed up, with the last one.
pub(crate) fn is_flat(samples: &[Sample], total: u64) -> Option<bool> {
    let mean = |from: u64, to: u64| {
        let within = samples.iter().filter(|sample| (from..=to).contains(&sample.done));
        let kib: Vec<_> = within.map(|sample| sample.kib).collect();
        (!kib.is_empty()).then(|| kib.iter().sum::<u64>() / kib.len() as u64)
    };
    let (first, last) = (mean(total / 10, total / 3)?, mean(total * 2 / 3, total)?);
    let largest = samples.iter().map(|sample| sample.kib).max()?;
    println!("resident memory: first third {first} KiB, last third {last} KiB, at most {largest} KiB");
    // A short run is over before allocators and queues have settled.
    Some(total < 200_000 || last < first + first / 10 + 4 * 1024)
}
