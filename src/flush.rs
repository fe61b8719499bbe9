//! Sending what is left before AWS Lambda freezes the process.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::Arc;
use std::task::{ready, Context, Poll};
use std::time::{Duration, Instant, SystemTime};

use tokio::task::JoinHandle;
use tokio::time::Sleep;

use crate::catch_panic::catch_panic;
use crate::hints;

/// An invocation waits for so long at most: it is time that is paid for.
const LONGEST: Duration = Duration::from_secs(2);

/// The last part of a function's time, in which nothing is waited for: the answer has to be sent, and the next event asked
/// for, before the function is killed.
const RESERVED: Duration = Duration::from_millis(50);

/// When an invocation can't wait any longer for a flush. `deadline` is when the function is killed; `None` if that isn't
/// known.
pub(crate) fn last_moment(deadline: SystemTime) -> Option<Instant> {
    if deadline == SystemTime::UNIX_EPOCH {
        return None;
    }
    let left = deadline.duration_since(SystemTime::now()).unwrap_or_default();
    Instant::now().checked_add(left.saturating_sub(RESERVED.min(left / 10)))
}

/// The application's function that sends what is left.
#[derive(Clone)]
pub(crate) struct Flush {
    flush: Arc<dyn Fn() + Send + Sync>,
    /// Those that nobody waits for any more, and that still run.
    stuck: Arc<AtomicUsize>,
}

impl Flush {
    pub(crate) fn new(flush: impl Fn() + Send + Sync + 'static) -> Self {
        Self { flush: Arc::new(flush), stuck: Arc::default() }
    }

    /// Begins to flush, on a thread where that may block: exporters that work on this runtime would wait for
    /// themselves. It is waited for until the `last_moment` at most.
    ///
    /// `None` if there is no runtime, or if one before it is stuck: a receiver that is away isn't waited for by every
    /// invocation.
    pub(crate) fn start(&self, last_moment: Option<Instant>) -> Option<Flushing> {
        let runtime = tokio::runtime::Handle::try_current().ok()?;
        if self.stuck.load(Relaxed) > 0 {
            return None;
        }
        let flush = Arc::clone(&self.flush);
        let task = runtime.spawn_blocking(move || flush());
        let left = last_moment.map_or(LONGEST, |moment| moment.saturating_duration_since(Instant::now()));
        // Without a timer, it isn't waited for: nothing would end that.
        let limit = LONGEST.min(left);
        let timer = timer(limit).filter(|_| !limit.is_zero());
        Some(Flushing { task: Some(task), limit, timer, stuck: Arc::clone(&self.stuck) })
    }
}

impl fmt::Debug for Flush {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Flush(..)")
    }
}

/// A timer of the current runtime. `None` if that has none, at which tokio panics: so it is tried once.
pub(crate) fn timer(duration: Duration) -> Option<Pin<Box<Sleep>>> {
    static IS_MISSING: AtomicBool = AtomicBool::new(false);
    if IS_MISSING.load(Relaxed) {
        return None;
    }
    let timer = catch_panic(|| Box::pin(tokio::time::sleep(duration)));
    if timer.is_none() {
        IS_MISSING.store(true, Relaxed);
        hints::no_timer();
    }
    timer
}

/// A flush in progress. It goes on if it is dropped.
#[derive(Debug)]
pub(crate) struct Flushing {
    task: Option<JoinHandle<()>>,
    limit: Duration,
    timer: Option<Pin<Box<Sleep>>>,
    stuck: Arc<AtomicUsize>,
}

impl Future for Flushing {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Some(task) = &mut self.task else { return Poll::Ready(()) };
        if let Poll::Ready(result) = Pin::new(task).poll(cx) {
            if result.is_err() {
                hints::flush_failed();
            }
            self.task = None;
            return Poll::Ready(());
        }
        if let Some(timer) = &mut self.timer {
            ready!(timer.as_mut().poll(cx));
            hints::flush_is_late(self.limit);
        }
        self.leave();
        Poll::Ready(())
    }
}

impl Flushing {
    /// Lets it run on, and counts it as stuck until it returns.
    fn leave(&mut self) {
        let (Some(task), Ok(runtime)) = (self.task.take(), tokio::runtime::Handle::try_current()) else { return };
        let stuck = Arc::clone(&self.stuck);
        stuck.fetch_add(1, Relaxed);
        runtime.spawn(async move {
            let _ = task.await;
            stuck.fetch_sub(1, Relaxed);
        });
    }
}
