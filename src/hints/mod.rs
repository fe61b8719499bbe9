//! Log messages about likely misconfigurations, each at most once per process.

#[cfg(any(feature = "lambda", feature = "request-context"))]
mod lambda;
mod mapping;

use crate::catch_panic::catch_panic;
use crate::env::datadog;
use crate::said_once::SaidOnce as Hint;

#[cfg(any(feature = "lambda", feature = "request-context"))]
pub(crate) use lambda::*;
pub(crate) use mapping::{accepted, rejected, with_header, without_header};

/// The minor version of `opentelemetry` whose global provider and propagator are used.
const OPENTELEMETRY: &str = "0.33";

/// Calls the application's subscriber, whose panic must not fail a request.
fn log(text: impl FnOnce()) {
    catch_panic(text);
}

pub(crate) fn disabled(on_lambda: bool) {
    static HINT: Hint = Hint::new();
    HINT.say(|| {
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

static NO_TRACER_PROVIDER: Hint = Hint::new();

/// Somebody has turned tracing off, and needs no advice.
#[cfg(feature = "otlp")]
pub(crate) fn no_provider_is_wanted() {
    NO_TRACER_PROVIDER.say(|| ());
}

pub(crate) fn no_tracer_provider() {
    NO_TRACER_PROVIDER.say(|| {
        tracing::warn!(
            "no gateway span: no tracer provider of opentelemetry {OPENTELEMETRY} is installed; install one with \
             opentelemetry::global::set_tracer_provider, hand it to .tracer_provider(&provider), or call otlp::init of \
             the feature otlp (if one is installed, \
             it is of another version: cargo tree --invert opentelemetry; or it has been shut down: keep the guard of \
             otlp::init to the end of main)"
        );
    });
}

pub(crate) fn too_many_services() {
    static HINT: Hint = Hint::new();
    HINT.say(|| {
        tracing::warn!(
            "more distinct x-dd-proxy-domain-name than .max_services(n): the gateway's spans for further ones keep \
             the application's service; if they aren't yours, use .allow_domains"
        );
    });
}

#[cfg(feature = "metrics")]
pub(crate) fn too_many_series() {
    static HINT: Hint = Hint::new();
    HINT.say(|| {
        tracing::warn!(
            "more than 1000 combinations of x-dd-proxy-domain-name, API id, stage and x-dd-proxy-resource-path: the \
             gateway's metrics have _other for further ones; if they aren't yours, a client makes them up: use .shared_secret"
        );
    });
}

pub(crate) fn after_default_timeout() {
    static HINT: Hint = Hint::new();
    HINT.say(|| {
        tracing::warn!(
            "the application answered a request after the gateway's default timeout, so that its client probably got \
             the gateway's own error; answer sooner, or tell the API's limit to .integration_timeout(limit)"
        );
    });
}

#[cfg(feature = "actix-web")]
pub(crate) fn headers_are_held() {
    static HINT: Hint = Hint::new();
    HINT.say(|| {
        tracing::warn!(
            "a request's headers can't be written, because a middleware further out holds its HttpRequest: middleware \
             that takes its parent from headers will miss the gateway's span; add the layer last, so that it is outermost"
        );
    });
}

pub(crate) fn not_outermost() {
    static HINT: Hint = Hint::new();
    HINT.say(|| {
        tracing::warn!(
            "a span of this application is current where the gateway's request arrives: the gateway's span links to it \
             and isn't its child; add the layer outermost (last in axum and actix-web, first in tonic and \
             ServiceBuilder), and put no span around a \
             connection"
        );
    });
}

/// A client sends `traceparent`, and nobody reads it.
pub(crate) fn traceparent_unread() {
    static HINT: Hint = Hint::new();
    HINT.say(|| {
        tracing::warn!(
            "a request has traceparent, but the propagator doesn't read it, so that its trace ends here; install \
             opentelemetry_sdk's TraceContextPropagator with opentelemetry::global::set_text_map_propagator, or have \
             tracecontext in OTEL_PROPAGATORS if you use otlp::init"
        );
    });
}

pub(crate) fn attributes_dropped() {
    static HINT: Hint = Hint::new();
    HINT.say(|| {
        tracing::warn!(
            "some of .attributes(..) are dropped: at most 16 are set, lists have at most 1 KiB, and names that the \
             gateway's span uses itself are not overridden"
        );
    });
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_version_of_opentelemetry_is_that_of_the_manifest() {
        let manifest = include_str!("../../Cargo.toml");
        assert!(manifest.contains(&format!("\nopentelemetry = {{ version = \"{}\"", super::OPENTELEMETRY)));
    }
}
