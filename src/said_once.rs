//! What is logged at most once.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use tracing::dispatcher;
use tracing::subscriber::NoSubscriber;

use crate::catch_panic::catch_panic;

/// A message that is logged at most once; and once more if there was no subscriber before. Applications often make their
/// layers first, and nobody would learn why these are off.
///
/// Without a subscriber, `tracing` may still hand messages to the `log` crate, so that each is logged once there as well.
#[derive(Debug)]
pub(crate) struct SaidOnce {
    to_subscriber: AtomicBool,
    without: AtomicBool,
}

impl SaidOnce {
    pub(crate) const fn new() -> Self {
        Self { to_subscriber: AtomicBool::new(false), without: AtomicBool::new(false) }
    }

    /// Calls the application's subscriber, whose panic must not fail a request.
    pub(crate) fn say(&self, text: impl FnOnce()) {
        if self.is_due() {
            catch_panic(text);
        }
    }

    /// Whether the message is to be logged now. It counts as logged from then on.
    pub(crate) fn is_due(&self) -> bool {
        if self.to_subscriber.load(Relaxed) {
            return false;
        }
        let has_subscriber = dispatcher::get_default(|current| !current.is::<NoSubscriber>());
        let flag = if has_subscriber { &self.to_subscriber } else { &self.without };
        !flag.load(Relaxed) && !flag.swap(true, Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_said_again_to_the_first_subscriber_alone() {
        let once = SaidOnce::new();
        assert_eq!([once.is_due(), once.is_due()], [true, false]);
        let subscriber = tracing_subscriber::registry();
        tracing::subscriber::with_default(subscriber, || assert_eq!([once.is_due(), once.is_due()], [true, false]));
        assert!(!once.is_due());
    }
}
