//! Limits the number of distinct service names taken from requests.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{PoisonError, RwLock};
use std::time::Instant;

/// A name that was unused for so many seconds gives up its place if somebody wants it. Longer than any pause of a service
/// that is in use; a place isn't lost for the life of the process, whoever took it.
const IDLE_SECONDS: u64 = 60 * 60;
/// Idle names are looked for at most so often, because that takes longer the more there are.
const SWEEP_SECONDS: u64 = 60;

/// The names that were seen, up to a limit: a client that can send the headers could make up any number of them, and
/// each would be a service in the backend.
#[derive(Debug)]
pub(super) struct ServiceNames {
    /// Tells the limits of a process apart.
    id: u64,
    max: usize,
    since: Instant,
    known: RwLock<Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// When each was used last, in seconds.
    names: HashMap<Box<str>, AtomicU64>,
    last_sweep: u64,
}

/// A name that was admitted: by which limit, and in which second.
#[derive(Default)]
struct Last {
    id: u64,
    second: u64,
    name: String,
}

thread_local! {
    /// Most requests have the same name as the one before, and needn't take the lock, which cores would fight over.
    static LAST: RefCell<Last> = RefCell::default();
}

impl ServiceNames {
    pub(super) fn at_most(max: usize) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self { id: NEXT.fetch_add(1, Relaxed), max, since: Instant::now(), known: RwLock::default() }
    }

    /// Whether the name is within the limit.
    pub(super) fn admit(&self, name: &str, now: Instant) -> bool {
        let second = now.saturating_duration_since(self.since).as_secs();
        LAST.with_borrow_mut(|last| {
            let is_admitted = (last.id, last.second, last.name.as_str()) == (self.id, second, name)
                || self.is_known(name, second)
                || self.add(name, second);
            if is_admitted {
                (last.id, last.second) = (self.id, second);
                if last.name != name {
                    name.clone_into(&mut last.name);
                }
            }
            is_admitted
        })
    }

    fn is_known(&self, name: &str, second: u64) -> bool {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let used = known.names.get(name);
        if let Some(used) = used.filter(|used| used.load(Relaxed) != second) {
            used.store(second, Relaxed);
        }
        used.is_some()
    }

    #[cold]
    fn add(&self, name: &str, second: u64) -> bool {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.names.len() >= self.max && second.saturating_sub(known.last_sweep) >= SWEEP_SECONDS {
            known.last_sweep = second;
            known.names.retain(|_, used| second.saturating_sub(*used.get_mut()) < IDLE_SECONDS);
        }
        if known.names.len() < self.max {
            known.names.insert(name.into(), AtomicU64::new(second));
        }
        known.names.contains_key(name)
    }
}

impl Default for ServiceNames {
    fn default() -> Self {
        Self::at_most(100)
    }
}

#[cfg(test)]
mod tests {
    use super::{ServiceNames, IDLE_SECONDS};
    use std::time::Duration;

    #[test]
    fn places_are_limited_and_given_up_after_an_idle_hour() {
        let names = ServiceNames::at_most(2);
        let at = |seconds| names.since + Duration::from_secs(seconds);
        for (name, second, expected) in [
            ("a", 0, true),
            ("b", 0, true),
            ("c", 0, false),
            ("a", 1, true),
            ("c", IDLE_SECONDS - 1, false),
            ("a", IDLE_SECONDS - 1, true),
            // `b` was idle, and a sweep is due.
            ("c", IDLE_SECONDS + 60, true),
            ("b", IDLE_SECONDS + 120, false),
            ("a", IDLE_SECONDS + 121, true),
        ] {
            assert_eq!(names.admit(name, at(second)), expected, "{name} at {second}");
        }
    }

    #[test]
    fn limits_of_any_size_cost_nothing_beforehand() {
        assert!(!ServiceNames::at_most(0).admit("a", std::time::Instant::now()));
        assert!(ServiceNames::at_most(usize::MAX).admit("a", std::time::Instant::now()));
    }

    #[test]
    fn limits_dont_know_each_others_names() {
        let now = std::time::Instant::now();
        let (one, other) = (ServiceNames::at_most(1), ServiceNames::at_most(1));
        assert!(one.admit("a", now) && other.admit("b", now) && other.admit("b", now));
        assert!(!other.admit("a", now) && !one.admit("b", now) && one.admit("a", now));
    }
}
