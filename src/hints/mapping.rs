//! What the gateway's headers say of its mapping.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use super::{log, Hint};
use crate::request::{MappingMistakes, ProxyRequest, Rejection, Source};

/// After so many requests without `x-dd-proxy`, the mapping is probably missing.
const ENOUGH_REQUESTS: u32 = 1_000;
/// After so many rejections for one reason, and nothing else, a setting or a mapping is probably wrong.
const ENOUGH_REJECTIONS: u32 = 100;
/// No gateway waits so long for an application.
const ABSURD_AGE: Duration = Duration::from_secs(60 * 60);

/// Requests without `x-dd-proxy`, up to [`ENOUGH_REQUESTS`].
static WITHOUT_HEADER: AtomicU32 = AtomicU32::new(0);
static HAS_HEADER_COME: AtomicBool = AtomicBool::new(false);
static WAS_ONE_ACCEPTED: AtomicBool = AtomicBool::new(false);

/// Looks at the first requests that come without `x-dd-proxy`. After those it only reads, so that cores don't fight over a
/// cache line. `has_others`: whether the request has other headers of the gateway's.
pub(crate) fn without_header(has_others: impl FnOnce() -> bool) {
    if WITHOUT_HEADER.load(Relaxed) < ENOUGH_REQUESTS {
        look_without_header(has_others());
    }
}

#[cold]
fn look_without_header(has_others: bool) {
    static ALONE: Hint = Hint::new();
    if has_others {
        ALONE.say(|| {
            tracing::warn!(
                "no gateway span: a request has x-dd-proxy-* headers, but no x-dd-proxy; map it too: to \
                 'aws-apigateway' on a REST API, to aws-httpapi on an HTTP API"
            );
        });
    }
    if WITHOUT_HEADER.fetch_add(1, Relaxed) + 1 == ENOUGH_REQUESTS && !has_others && !HAS_HEADER_COME.load(Relaxed) {
        log(|| {
            tracing::info!(
                "no gateway span so far: none of the first {ENOUGH_REQUESTS} requests had the header x-dd-proxy; \
                 add it to the API's integration (header mapping)"
            );
        });
    }
}

/// `x-dd-proxy` came: nothing is missing.
pub(crate) fn with_header() {
    if !HAS_HEADER_COME.load(Relaxed) {
        HAS_HEADER_COME.store(true, Relaxed);
    }
}

/// A request is rejected. The first one of each kind is said where services log; `accept_if` is the operator's own wish.
pub(crate) fn rejected(rejection: &Rejection) {
    static SAID: AtomicU32 = AtomicU32::new(0);
    let kind = 1 << rejection.kind() as u32;
    let is_wish = matches!(rejection, Rejection::NotAccepted);
    if !is_wish && SAID.load(Relaxed) & kind == 0 && SAID.fetch_or(kind, Relaxed) & kind == 0 {
        log(|| tracing::warn!("no gateway span: {rejection} (the first one; the next ones of this kind at debug)"));
    } else {
        log(|| tracing::debug!("no gateway span: {rejection}"));
    }
    if !is_wish && !WAS_ONE_ACCEPTED.load(Relaxed) {
        count_rejection(rejection, kind);
    }
}

#[cold]
fn count_rejection(rejection: &Rejection, kind: u32) {
    static KINDS: AtomicU32 = AtomicU32::new(0);
    static REJECTIONS: AtomicU32 = AtomicU32::new(0);
    let kinds = KINDS.fetch_or(kind, Relaxed) | kind;
    // Saturates far above what is looked for.
    let count = REJECTIONS.load(Relaxed);
    if count < ENOUGH_REJECTIONS && REJECTIONS.fetch_add(1, Relaxed) + 1 == ENOUGH_REJECTIONS && kinds == kind {
        log(|| {
            tracing::warn!(
                "no gateway span so far: all of the first {ENOUGH_REJECTIONS} requests through a gateway were rejected \
                 for one reason, the last one because: {rejection}"
            );
        });
    }
}

/// What deserves a word about a request that is accepted. `age` is that at its receipt.
pub(crate) fn accepted(request: &ProxyRequest<'_>, age: Duration) {
    static NO_DOMAIN: Hint = Hint::new();
    static OLD: Hint = Hint::new();
    if !WAS_ONE_ACCEPTED.load(Relaxed) {
        WAS_ONE_ACCEPTED.store(true, Relaxed);
    }
    // AWS Lambda maps nothing.
    if request.source() == Source::Event {
        return;
    }
    mapping_mistakes(request.mistakes());
    if request.domain().is_none() {
        NO_DOMAIN.say(|| {
            tracing::warn!(
                "x-dd-proxy-domain-name is missing or no host: gateway spans without it have the application's service"
            );
        });
    }
    if age >= ABSURD_AGE {
        OLD.say(|| {
            tracing::warn!(
                "a request's x-dd-proxy-request-time-ms is {} s old, and so its gateway span starts then: it was \
                 recorded and sent again, or pasted from an example; .max_request_age(limit) rejects such requests",
                age.as_secs()
            );
        });
    }
}

fn mapping_mistakes(mistakes: MappingMistakes) {
    static SECONDS: Hint = Hint::new();
    static QUOTES: Hint = Hint::new();
    if mistakes.seconds {
        SECONDS.say(|| {
            tracing::warn!(
                "header x-dd-proxy-request-time-ms came in seconds and is read as such; map it to milliseconds: \
                 ${{context.requestTimeEpoch}}000 on an HTTP API"
            );
        });
    }
    if mistakes.quotes {
        QUOTES.say(|| {
            tracing::warn!(
                "x-dd-proxy headers came in single quotes, which are dropped; a static value is quoted in a REST \
                 API's mapping and bare in an HTTP API's"
            );
        });
    }
}
