//! X-Ray's header, in which Lambda names its own segment: below the gateway's, and never its parent.

use apigateway_inferred_span::XRay;
use opentelemetry::trace::SpanId;
use support::propagators::Propagator;
use support::spans::{now_ms, Recorder};

use crate::api::{Invocation, TRACE_ID};
use crate::events::{self, CLIENT_SPAN};
use crate::functions::{forms, subscriber, Server};
use crate::kinds::layer;

#[tokio::test]
async fn whatever_propagators_read_it_it_is_no_parent() {
    for propagator in [Propagator::XRay, Propagator::XRayThenW3c, Propagator::W3cThenXRay, Propagator::W3c] {
        for mode in [XRay::Link, XRay::Continue] {
            let mut recorder = Recorder::new();
            let layer = layer(&recorder).propagator(propagator.installed()).x_ray(mode);
            let _subscriber = subscriber(&recorder.provider);
            for form in forms().filter(|form| form.server == Server::TraceLayer) {
                let event = events::rest(now_ms() - 20);
                form.run(&recorder.provider, &layer, vec![Invocation::of(&event)]).await;
                let spans = recorder.ended();
                let gateway = spans.iter().find(|span| span.is_gateway()).expect("a gateway's span");
                let parent = match propagator {
                    Propagator::XRay => SpanId::INVALID.to_string(),
                    _ => CLIENT_SPAN.to_owned(),
                };
                let context = format!("{propagator:?}, {mode:?}, {form:?}: {gateway:#?}");
                assert_eq!(gateway.parent.to_string(), parent, "{context}");
                let mut links = gateway.links.iter().map(|link| link.span_id().to_string());
                assert!(links.any(|link| TRACE_ID.contains(&link)), "{context}");
                assert_eq!(gateway.attribute("aws.xray.trace_id"), "1-67891233-abcdef012345678912345678");
            }
        }
    }
}

#[tokio::test]
async fn deferring_makes_no_gateway_span() {
    let mut recorder = Recorder::new();
    let layer = layer(&recorder).propagator(Propagator::XRay.installed()).x_ray(XRay::Defer);
    let _subscriber = subscriber(&recorder.provider);
    for (times, form) in forms().filter(|form| form.server == Server::TraceLayer).enumerate() {
        form.run(&recorder.provider, &layer, vec![Invocation::of(&events::rest(now_ms()))]).await;
        let spans = recorder.ended();
        assert!(spans.iter().all(|span| !span.is_gateway()), "{form:?}");
        let handler = spans.iter().find(|span| span.name == "handler").expect("a handler's span");
        assert_eq!(handler.trace_id.to_string(), "67891233abcdef012345678912345678", "{form:?}: {spans:#?}");
        assert_eq!(layer.stats().deferred(), times as u64 + 1);
    }
}
