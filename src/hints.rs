//! Log messages about likely misconfigurations, each at most once per process.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::Once;

use crate::env::datadog;
use crate::request::MappingMistakes;

/// After so many requests without `x-dd-proxy`, the mapping is probably missing.
const ENOUGH_REQUESTS: u32 = 1_000;

static REQUESTS: AtomicU32 = AtomicU32::new(0);

/// Counts the first requests that come without `x-dd-proxy`. After those it only reads, so that cores don't fight
/// over a cache line.
pub(crate) fn without_header() {
    if REQUESTS.load(Relaxed) < ENOUGH_REQUESTS {
        count();
    }
}

#[cold]
fn count() {
    if REQUESTS.fetch_add(1, Relaxed) + 1 == ENOUGH_REQUESTS {
        tracing::info!(
            "no gateway span so far: none of the first {ENOUGH_REQUESTS} requests had the header x-dd-proxy; \
             add it to the API's integration (header mapping)"
        );
    }
}

/// `x-dd-proxy` came: nothing is missing.
pub(crate) fn with_header() {
    if REQUESTS.load(Relaxed) < ENOUGH_REQUESTS {
        REQUESTS.store(ENOUGH_REQUESTS, Relaxed);
    }
}

pub(crate) fn mapping_mistakes(mistakes: MappingMistakes) {
    static SECONDS: Once = Once::new();
    static QUOTES: Once = Once::new();
    if mistakes.seconds {
        SECONDS.call_once(|| {
            tracing::warn!(
                "header x-dd-proxy-request-time-ms came in seconds and is read as such; map it to milliseconds: \
                 ${{context.requestTimeEpoch}}000 on an HTTP API"
            );
        });
    }
    if mistakes.quotes {
        QUOTES.call_once(|| {
            tracing::warn!(
                "x-dd-proxy headers came in single quotes, which are dropped; a static value is quoted in a REST \
                 API's mapping and bare in an HTTP API's"
            );
        });
    }
}

pub(crate) fn disabled(on_lambda: bool) {
    static HINT: Once = Once::new();
    HINT.call_once(|| {
        if on_lambda {
            tracing::info!(
                "gateway spans are off on AWS Lambda, where Datadog's layer and extension make them; \
                 .on_lambda(true) turns them on"
            );
        } else {
            tracing::info!("gateway spans are off: set {}=true or call .enabled(true)", datadog::ENABLED);
        }
    });
}

pub(crate) fn no_tracer_provider() {
    static HINT: Once = Once::new();
    HINT.call_once(|| {
        tracing::warn!(
            "no gateway span: no OpenTelemetry tracer provider is installed; install one with \
             opentelemetry::global::set_tracer_provider or hand it to .tracer_provider(&provider)"
        );
    });
}

pub(crate) fn too_many_services() {
    static HINT: Once = Once::new();
    HINT.call_once(|| {
        tracing::warn!(
            "more distinct x-dd-proxy-domain-name than .max_services(n): the gateway's spans for further ones keep \
             the application's service; if they aren't yours, use .allow_domains"
        );
    });
}

pub(crate) fn after_default_timeout() {
    static HINT: Once = Once::new();
    HINT.call_once(|| {
        tracing::warn!(
            "the application answered a request after the gateway's default timeout, so that its client probably got \
             the gateway's own error; answer sooner, or tell the API's limit to .integration_timeout(limit)"
        );
    });
}

#[cfg(feature = "actix-web")]
pub(crate) fn headers_are_held() {
    static HINT: Once = Once::new();
    HINT.call_once(|| {
        tracing::warn!(
            "a request's headers can't be written, because a middleware further out holds its HttpRequest: middleware \
             that takes its parent from headers will miss the gateway's span; add the layer last, so that it is outermost"
        );
    });
}

pub(crate) fn not_outermost() {
    static HINT: Once = Once::new();
    HINT.call_once(|| {
        tracing::warn!(
            "a span of this application is current where the gateway's request arrives: the gateway's span links to it \
             and isn't its child; add the layer outermost (last in axum and actix-web), and put no span around a \
             connection"
        );
    });
}
