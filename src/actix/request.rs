//! A request of actix-web.

use std::sync::{MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use actix_web::dev::ServiceRequest;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::HttpMessage as _;

use crate::catch_panic::catch_panic;
use crate::core::Core;
use crate::hints;
use crate::parent::{RequestHeaders, RequestParts};

/// After a failure, trace headers aren't written for so long: each failure is a panic, which the application's panic hook
/// reports.
const PAUSE: Duration = Duration::from_secs(10);

/// A request whose headers can always be read, and mostly written.
pub(super) struct Parts<'a> {
    pub(super) request: &'a mut ServiceRequest,
    pub(super) core: &'a Core,
    /// Whether this request's headers were found not to be writable.
    pub(super) is_held: bool,
}

impl Parts<'_> {
    /// Writes headers, if actix-web lets us: it panics as long as somebody holds a clone of the `HttpRequest`, as a
    /// middleware further out does whose function extracts one, and has no way to ask. So the first panic is caught, and
    /// no more are risked for a while. The gateway's span is then found as the current one.
    fn write(&mut self, write: impl FnOnce(&mut HeaderMap)) {
        let paused = |since: Instant| since.elapsed() < PAUSE;
        if !self.is_held && !self.held_since().is_some_and(paused) {
            self.try_to_write(write);
        }
    }

    fn try_to_write(&mut self, write: impl FnOnce(&mut HeaderMap)) {
        let request = &mut *self.request;
        if catch_panic(|| write(request.headers_mut())).is_none() {
            self.is_held = true;
            *self.held_since() = Some(Instant::now());
            hints::headers_are_held();
        }
    }

    fn held_since(&self) -> MutexGuard<'_, Option<Instant>> {
        self.core.headers_held_since.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RequestHeaders for Parts<'_> {
    const MAY_ADD: bool = false;

    fn pairs(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.request.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes()))
    }

    fn first(&self, name: &str) -> Option<&[u8]> {
        Some(self.request.headers().get(name)?.as_bytes())
    }

    fn values(&self, name: &str) -> Vec<&str> {
        self.request.headers().get_all(name).filter_map(|value| value.to_str().ok()).collect()
    }

    fn set(&mut self, name: &str, value: Vec<u8>) {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::try_from(value)) {
            self.write(|headers| {
                headers.insert(name, value);
            });
        }
    }

    fn remove(&mut self, name: &str) {
        if self.request.headers().contains_key(name) {
            self.write(|headers| {
                headers.remove(name);
            });
        }
    }

    // Always tried: what is to be stripped may be a secret.
    fn remove_all(&mut self, is_to_go: impl Fn(&str) -> bool) {
        self.try_to_write(|headers| headers.retain(|name, _| !is_to_go(name.as_str())));
    }
}

impl RequestParts for Parts<'_> {
    fn has_extension<T: Send + Sync + 'static>(&self) -> bool {
        catch_panic(|| self.request.extensions().contains::<T>()).unwrap_or(false)
    }

    // Panics only if somebody who holds the `HttpRequest` has borrowed its extensions as well.
    fn insert_extension<T: Clone + Send + Sync + 'static>(&mut self, value: T) {
        catch_panic(|| self.request.extensions_mut().insert(value));
    }
}
