//! `X-Amzn-Trace-Id`: what is read of it, and what each mode makes of it.

use std::convert::Infallible;

use apigateway_inferred_span::InvalidXRayTraceHeader::{ConflictingParts, InvalidParent, InvalidRoot, MissingRoot};
use apigateway_inferred_span::{InvalidXRayTraceHeader, XRay, XRayTraceHeader};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Empty;
use opentelemetry::trace::{SpanContext, TraceContextExt};
use opentelemetry::Context;
use opentelemetry_aws::trace::XrayPropagator;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::Sampler;
use proptest::prelude::*;
use serde_json::json;
use tower::{service_fn, Layer, ServiceExt};

use support::requests::RequestBuilder;
use support::services;
use support::spans::Recorder;

const ROOT: &str = "1-67891233-abcdef012345678912345678";
const TRACE: &str = "67891233abcdef012345678912345678";

/// Header; trace id, parent and decision, or the reason why not. `<root>` stands for a valid one.
type Row = (&'static str, Result<(Option<&'static str>, Option<bool>), InvalidXRayTraceHeader>);

const PARENT: Option<&str> = Some("463ac35c9f6413ad");

const TABLE: [Row; 56] = [
    // As API Gateway and load balancers send it.
    ("Root=<root>", Ok((None, None))),
    ("Root=<root>;Parent=463ac35c9f6413ad;Sampled=1", Ok((PARENT, Some(true)))),
    ("Root=<root>;Parent=463ac35c9f6413ad;Sampled=0", Ok((PARENT, Some(false)))),
    ("Root=<root>;Parent=463ac35c9f6413ad;Sampled=?", Ok((PARENT, None))),
    ("Root=<root>;Parent=463ac35c9f6413ad", Ok((PARENT, None))),
    ("Root=<root>;Sampled=1", Ok((None, Some(true)))),
    ("Root=<root>;Sampled=0", Ok((None, Some(false)))),
    ("Root=<root>;Sampled=?", Ok((None, None))),
    ("Self=1-67891234-12456789abcdef012345678a;Root=<root>", Ok((None, None))),
    ("Self=1-67891234-12456789abcdef012345678a;Root=<root>;CalledFrom=app", Ok((None, None))),
    ("Root=<root>;Parent=463ac35c9f6413ad;Sampled=1;Lineage=1:a87bd80c:0|68fd508a:5", Ok((PARENT, Some(true)))),
    ("Root=<root>;Parent=463ac35c9f6413ad;Sampled=1;RandomKey=RandomValue", Ok((PARENT, Some(true)))),
    // Leniently: order, case of keys, spaces, empty and odd parts.
    ("Sampled=1;Parent=463ac35c9f6413ad;Root=<root>", Ok((PARENT, Some(true)))),
    ("root=<root>;parent=463ac35c9f6413ad;sampled=1", Ok((PARENT, Some(true)))),
    ("ROOT=<root>;PARENT=463ac35c9f6413ad;SAMPLED=1", Ok((PARENT, Some(true)))),
    (" Root = <root> ; Parent = 463ac35c9f6413ad ; Sampled = 1 ", Ok((PARENT, Some(true)))),
    ("Root=<root>; Parent=463ac35c9f6413ad; Sampled=1", Ok((PARENT, Some(true)))),
    (";;Root=<root>;;", Ok((None, None))),
    ("Root=<root>;", Ok((None, None))),
    ("Root=<root>;garbage", Ok((None, None))),
    ("Root=<root>;=x;y=", Ok((None, None))),
    ("Root=<root>;Parent=463AC35C9F6413AD;Sampled=1", Ok((PARENT, Some(true)))),
    ("Root=<root>;Sampled=", Ok((None, None))),
    ("Root=<root>;Sampled=yes", Ok((None, None))),
    ("Root=<root>;Sampled=10", Ok((None, None))),
    ("Root=<root>;Parent=463ac35c9f6413ad;Sampled=true", Ok((PARENT, None))),
    // The same key twice.
    ("Root=<root>;Root=<root>", Ok((None, None))),
    ("Root=<root>;Root=1-67891233-abcdef012345678912345679", Err(ConflictingParts)),
    ("Root=<root>;Parent=463ac35c9f6413ad;Parent=463ac35c9f6413ae", Err(ConflictingParts)),
    ("Root=<root>;Sampled=1;sampled=0", Err(ConflictingParts)),
    // Strictly: ids.
    ("", Err(MissingRoot)),
    ("garbage", Err(MissingRoot)),
    (";", Err(MissingRoot)),
    ("=", Err(MissingRoot)),
    ("Sampled=1;Self=foo", Err(MissingRoot)),
    ("Parent=463ac35c9f6413ad;Sampled=1", Err(MissingRoot)),
    ("Root", Err(MissingRoot)),
    ("Rooot=R", Err(MissingRoot)),
    ("Root=", Err(InvalidRoot)),
    ("Root=<root>-1", Err(InvalidRoot)),
    ("Root=1-bogus-bad", Err(InvalidRoot)),
    ("Root=1-too-many-parts", Err(InvalidRoot)),
    ("Root=2-67891233-abcdef012345678912345678", Err(InvalidRoot)),
    ("Root=67891233abcdef012345678912345678", Err(InvalidRoot)),
    ("Root=1-67891233-abcdef01234567891234567", Err(InvalidRoot)),
    ("Root=1-6789123-abcdef012345678912345678", Err(InvalidRoot)),
    ("Root=1-67891233-abcdef0123456789123456789", Err(InvalidRoot)),
    ("Root=1-67891233-abcdef01234567891234567g", Err(InvalidRoot)),
    ("Root=1-+7891233-abcdef012345678912345678", Err(InvalidRoot)),
    ("Root=1-00000000-000000000000000000000000", Err(InvalidRoot)),
    ("Root=1-67891233-abcdéf012345678912345678", Err(InvalidRoot)),
    ("Root=<root>;Parent=garbage", Err(InvalidParent)),
    ("Root=<root>;Parent=", Err(InvalidParent)),
    ("Root=<root>;Parent=0000000000000000;Sampled=1", Err(InvalidParent)),
    ("Root=<root>;Parent=463ac35c9f6413a;Sampled=1", Err(InvalidParent)),
    ("Root=<root>;Parent=463ac35c9f6413add;Sampled=1", Err(InvalidParent)),
];

#[test]
fn headers_are_read_strictly_as_to_ids_and_leniently_as_to_form() {
    for (text, expected) in TABLE {
        let parsed = text.replace("<root>", ROOT).parse::<XRayTraceHeader>();
        match expected {
            Err(reason) => assert_eq!(parsed, Err(reason), "{text:?}"),
            Ok((parent, sampled)) => {
                let header = parsed.unwrap_or_else(|reason| panic!("{text:?}: {reason}"));
                assert_eq!(header.trace_id().to_string(), TRACE, "{text:?}");
                assert_eq!(header.root(), ROOT, "{text:?}");
                let found = header.parent().map(|parent| parent.to_string());
                assert_eq!(found.as_deref(), parent, "{text:?}");
                assert_eq!(header.sampled(), sampled, "{text:?}");
                assert_eq!(header.to_string().parse(), Ok(header), "{text:?}");
            }
        }
    }
}

#[test]
fn a_header_of_64_kib_is_read_in_one_pass() {
    let long = format!("{}Root={ROOT}", "Self=x;".repeat(9_362));
    assert!(long.len() > 64 * 1024);
    assert!(long.parse::<XRayTraceHeader>().is_ok());
    assert!("=;".repeat(32 * 1024).parse::<XRayTraceHeader>().is_err());
    assert!("Root=1-".repeat(10_000).parse::<XRayTraceHeader>().is_err());
}

proptest! {
    #[test]
    fn what_is_displayed_reads_back(
        time in any::<u32>(), number in "[0-9a-f]{24}", parent in proptest::option::of("[0-9a-f]{15}[1-9a-f]"),
        sampled in proptest::option::of("[01?]"),
    ) {
        prop_assume!(time > 0);
        let mut text = format!("Root=1-{time:08x}-{number}");
        if let Some(parent) = parent {
            text.push_str(&format!(";Parent={parent}"));
        }
        if let Some(sampled) = sampled.as_deref() {
            text.push_str(&format!(";Sampled={sampled}"));
        }
        let header: XRayTraceHeader = text.parse().expect("valid");
        prop_assert_eq!(header.to_string(), text.replace(";Sampled=?", ""));
        prop_assert_eq!(header.to_string().parse::<XRayTraceHeader>(), Ok(header));
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,60}|([Rr]oot|Parent|Sampled|Self)?[=;]?[0-9a-f1;= -]{0,60}") {
        if let Ok(header) = text.parse::<XRayTraceHeader>() {
            prop_assert_eq!(header.to_string().parse(), Ok(header));
        }
    }
}

/// What came of a request with these headers.
struct Outcome {
    /// The gateway's span: its trace, parent and links.
    gateway: Option<(String, String, Vec<String>)>,
    attribute: serde_json::Value,
    /// The span that is current for the application.
    current: SpanContext,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Finds {
    Nothing,
    Traceparent,
    TheHeaderItself,
}

async fn send(mode: XRay, header: &str, finds: Finds) -> Outcome {
    let mut recorder = Recorder::new();
    let layer = match finds {
        Finds::TheHeaderItself => recorder.layer().propagator(XrayPropagator::new()),
        _ => recorder.layer().propagator(TraceContextPropagator::new()),
    };
    let (sender, mut current) = tokio::sync::mpsc::unbounded_channel();
    let service = layer.x_ray(mode).layer(service_fn(move |_: Request<()>| {
        let _ = sender.send(Context::current().span().span_context().clone());
        async { Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new())) }
    }));
    let request = RequestBuilder::gateway().and("x-amzn-trace-id", header);
    let request = match finds {
        Finds::Traceparent => request.and("traceparent", TRACEPARENT),
        _ => request,
    };
    drop(service.oneshot(request.body(())).await.expect("infallible"));
    let gateway = recorder.ended().pop();
    Outcome {
        attribute: gateway.as_ref().map_or(json!(null), |span| span.attribute("aws.xray.trace_id").clone()),
        gateway: gateway.map(|span| {
            let links = span.links.iter();
            let links = links.map(|link| format!("{}-{}", link.trace_id(), link.span_id()));
            (span.trace_id.to_string(), span.parent.to_string(), links.collect())
        }),
        current: current.try_recv().expect("the application was called"),
    }
}

const TRACEPARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const CLIENT_TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CLIENT_SPAN: &str = "00f067aa0ba902b7";
const NO_PARENT: &str = "0000000000000000";
const X_RAY_SPAN: &str = "463ac35c9f6413ad";

const MODES: [XRay; 4] = [XRay::Continue, XRay::Link, XRay::Defer, XRay::Ignore];

#[tokio::test]
async fn without_a_recorded_parent_the_sampler_decides() {
    for mode in MODES {
        for rest in [
            "",
            ";Sampled=1",
            ";Sampled=0",
            ";Parent=463ac35c9f6413ad;Sampled=0",
            ";Parent=463ac35c9f6413ad;Sampled=?",
            ";Parent=463ac35c9f6413ad",
        ] {
            let header = format!("Root={ROOT}{rest}");
            let outcome = send(mode, &header, Finds::Nothing).await;
            let (trace, parent, links) = outcome.gateway.expect("a gateway span");
            assert_ne!(trace, TRACE);
            assert_eq!(parent, NO_PARENT);
            assert!(links.is_empty());
            assert_eq!(outcome.current.trace_id().to_string(), trace);
            assert!(outcome.current.is_sampled());
            let expected = if mode == XRay::Ignore { json!(null) } else { json!(ROOT) };
            assert_eq!(outcome.attribute, expected, "{mode:?}");

            let outcome = send(mode, &header, Finds::Traceparent).await;
            let (trace, parent, links) = outcome.gateway.expect("a gateway span");
            assert_eq!((trace.as_str(), parent.as_str()), (CLIENT_TRACE, CLIENT_SPAN));
            assert!(links.is_empty());
        }
    }
}

#[tokio::test]
async fn each_mode_makes_of_a_recorded_parent_what_it_says() {
    let header = format!("Root={ROOT};Parent={X_RAY_SPAN};Sampled=1");

    let outcome = send(XRay::Continue, &header, Finds::Nothing).await;
    let expected = (TRACE.to_owned(), X_RAY_SPAN.to_owned(), vec![]);
    assert_eq!(outcome.gateway, Some(expected));
    assert_eq!(outcome.attribute, ROOT);

    let outcome = send(XRay::Link, &header, Finds::Nothing).await;
    let (trace, parent, links) = outcome.gateway.expect("a gateway span");
    assert_ne!(trace, TRACE);
    assert_eq!(parent, NO_PARENT);
    assert_eq!(links, [format!("{TRACE}-{X_RAY_SPAN}")]);

    let outcome = send(XRay::Defer, &header, Finds::Nothing).await;
    assert_eq!(outcome.gateway, None);
    assert_eq!(outcome.current.trace_id().to_string(), TRACE);
    assert_eq!(outcome.current.span_id().to_string(), X_RAY_SPAN);

    let outcome = send(XRay::Ignore, &header, Finds::Nothing).await;
    let (trace, parent, links) = outcome.gateway.expect("a gateway span");
    assert_ne!(trace, TRACE);
    assert_eq!((parent.as_str(), links), (NO_PARENT, vec![]));
    assert_eq!(outcome.attribute, json!(null));
}

#[tokio::test]
async fn the_propagators_parent_wins_and_the_recorded_is_linked() {
    let header = format!("Root={ROOT};Parent={X_RAY_SPAN};Sampled=1");
    for mode in MODES {
        let outcome = send(mode, &header, Finds::Traceparent).await;
        let (trace, parent, links) = outcome.gateway.expect("a gateway span");
        assert_eq!((trace.as_str(), parent.as_str()), (CLIENT_TRACE, CLIENT_SPAN));
        let link = format!("{TRACE}-{X_RAY_SPAN}");
        let expected = if mode == XRay::Ignore { vec![] } else { vec![link] };
        assert_eq!(links, expected, "{mode:?}");
    }
}

#[tokio::test]
async fn an_x_ray_propagator_decides_for_itself() {
    let recorded = format!("Root={ROOT};Parent={X_RAY_SPAN};Sampled=1");
    for mode in MODES {
        let outcome = send(mode, &recorded, Finds::TheHeaderItself).await;
        if mode == XRay::Defer {
            assert_eq!(outcome.gateway, None);
            assert_eq!(outcome.current.span_id().to_string(), X_RAY_SPAN);
            continue;
        }
        let expected = (TRACE.to_owned(), X_RAY_SPAN.to_owned(), vec![]);
        assert_eq!(outcome.gateway, Some(expected), "{mode:?}");
    }

    // It is obeyed where it says no, and not where all it says is nonsense.
    let unsampled = format!("Root={ROOT};Parent={X_RAY_SPAN};Sampled=0");
    let outcome = send(XRay::Continue, &unsampled, Finds::TheHeaderItself).await;
    assert_eq!(outcome.gateway, None);
    assert_eq!(outcome.current.trace_id().to_string(), TRACE);
    assert!(!outcome.current.is_sampled());

    let root_only = format!("Root={ROOT}");
    let outcome = send(XRay::Continue, &root_only, Finds::TheHeaderItself).await;
    assert_eq!(outcome.attribute, ROOT);
    let (trace, parent, _) = outcome.gateway.expect("a gateway span");
    assert_ne!(trace, TRACE);
    assert_eq!(parent, NO_PARENT);
    assert!(outcome.current.is_sampled());
}

/// A client can send the header as it can send `traceparent`, without that anybody has asked for X-Ray.
#[tokio::test]
async fn by_default_a_client_chooses_neither_trace_nor_sampling() {
    let mut recorder = Recorder::with(|builder| builder.with_sampler(Sampler::TraceIdRatioBased(0.0)));
    let header = format!("Root={ROOT};Parent={X_RAY_SPAN};Sampled=1");
    let request = RequestBuilder::gateway().and("x-amzn-trace-id", &header);
    services::send(&recorder.layer(), &request);
    assert_eq!(recorder.ended().len(), 0);

    let mut recorder = Recorder::new();
    services::send(&recorder.layer(), &request);
    let span = recorder.ended().remove(0);
    assert_ne!(span.trace_id.to_string(), TRACE);
    assert_eq!((span.parent.to_string().as_str(), span.links.len()), (NO_PARENT, 1));
}
