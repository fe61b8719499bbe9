//! What is said on AWS Lambda.

#[cfg(feature = "request-context")]
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
#[cfg(feature = "lambda")]
use std::time::Duration;

use super::Hint;

/// The major version of `lambda_http` whose requests are read.
#[cfg(feature = "lambda")]
const LAMBDA_HTTP: &str = "1";

/// The Lambda Web Adapter asks so often whether the application is ready, without the header.
#[cfg(feature = "request-context")]
const ENOUGH_REQUESTS: u32 = 100;

static NO_CONTEXT: Hint = Hint::new();

/// An event has been read: then a request without one is one that the application makes within the process.
#[cfg(feature = "lambda")]
pub(crate) fn event() {
    NO_CONTEXT.say(|| ());
}

/// A request on Lambda without the context that `lambda_http` puts into every request.
#[cfg(feature = "lambda")]
pub(crate) fn no_event() {
    NO_CONTEXT.say(|| {
        if cfg!(feature = "lambda-http") {
            tracing::warn!(
                "no gateway span: a request on AWS Lambda has no RequestContext of lambda_http {LAMBDA_HTTP} in its \
                 extensions; use that version (cargo tree --invert lambda_http), or .request_context(true) behind the \
                 Lambda Web Adapter. Headers aren't believed on Lambda"
            );
        } else {
            tracing::warn!(
                "no gateway span: on AWS Lambda, a layer on a router needs the feature lambda-http, or the same layer on \
                 the runtime. Headers aren't believed on Lambda"
            );
        }
    });
}

/// A request behind the Lambda Web Adapter, without its header.
#[cfg(feature = "request-context")]
pub(crate) fn no_context_header() {
    static REQUESTS: AtomicU32 = AtomicU32::new(0);
    if REQUESTS.load(Relaxed) < ENOUGH_REQUESTS && REQUESTS.fetch_add(1, Relaxed) + 1 == ENOUGH_REQUESTS {
        NO_CONTEXT.say(|| {
            tracing::warn!(
                "no gateway span: {ENOUGH_REQUESTS} requests on AWS Lambda had no usable x-amzn-request-context; the Lambda \
                 Web Adapter sends it from version 0.7.1 on. Headers of the gateway aren't believed on Lambda"
            );
        });
    }
}

/// The Lambda Web Adapter's header isn't asked for, and nothing else could bring a context.
#[cfg(all(feature = "request-context", not(feature = "lambda")))]
pub(crate) fn no_event() {
    NO_CONTEXT.say(|| {
        tracing::warn!(
            "no gateway span: on AWS Lambda, behind the Lambda Web Adapter, .request_context(true) is needed. Headers of \
             the gateway aren't believed on Lambda"
        );
    });
}

/// The layer round a handler completes what the layer on the runtime has begun.
#[cfg(feature = "lambda")]
pub(crate) fn no_layer_on_runtime() {
    static HINT: Hint = Hint::new();
    HINT.say(|| {
        tracing::warn!(
            "no gateway span: the layer round a handler of events needs the same layer on the runtime: \
             Runtime::new(layer.layer(handler)).layer(layer)"
        );
    });
}

/// Layers on the runtime and further in were made apart, with settings of their own.
#[cfg(feature = "lambda")]
pub(crate) fn another_layer() {
    static HINT: Hint = Hint::new();
    HINT.say(|| {
        tracing::warn!(
            "the layer on AWS Lambda's runtime and the one further in aren't clones of one another: spans, metrics and \
             access log are those of the layer on the runtime, and settings of the other one have no effect there"
        );
    });
}

#[cfg(feature = "lambda")]
pub(crate) fn no_timer() {
    static HINT: Hint = Hint::new();
    HINT.say(|| {
        tracing::warn!(
            "the tokio runtime has no timers (.enable_time()): nothing ends shortly before the function's deadline, and \
             .flush(f) isn't waited for"
        );
    });
}

#[cfg(feature = "lambda")]
pub(crate) fn flush_is_late(limit: Duration) {
    static HINT: Hint = Hint::new();
    HINT.say(|| {
        tracing::warn!(
            "flushing took longer than {limit:.1?}, for which an invocation can wait (2 s at most, and less near the function's \
             deadline): the receiver is away, or slow. As long as that lasts, invocations don't wait for it"
        );
    });
}

#[cfg(feature = "lambda")]
pub(crate) fn flush_failed() {
    static HINT: Hint = Hint::new();
    HINT.say(|| tracing::warn!("the function given to .flush(f) panicked"));
}

#[cfg(all(test, feature = "lambda-http"))]
mod tests {
    #[test]
    fn the_version_of_lambda_http_is_that_of_the_manifest() {
        let manifest = include_str!("../../Cargo.toml");
        assert!(manifest.contains(&format!("\nlambda_http = {{ version = \"{}\"", super::LAMBDA_HTTP)));
    }
}
