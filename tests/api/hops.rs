//! Requests that leave the task, and requests within requests: each is judged once, and by itself.

use std::convert::Infallible;

use apigateway_inferred_span::{ApiGatewayInferredSpan, InferredSpan, RejectionKind};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Empty;
use support::requests::RequestBuilder;
use support::spans::Recorder;
use tower::util::BoxCloneSyncService;
use tower::{service_fn, Layer as _, ServiceExt as _};

type Service = BoxCloneSyncService<Request<()>, Response<()>, Infallible>;

/// Without a body, so that a response is whole at once.
fn answer() -> Response<()> {
    Response::new(())
}

fn below(layer: &ApiGatewayInferredSpan, inner: Service) -> Service {
    let inner = inner.map_response(|response| response.map(|()| Empty::<Bytes>::new()));
    let service = layer.layer(inner);
    BoxCloneSyncService::new(service.map_response(|response| {
        drop(response);
        answer()
    }))
}

fn spawned(inner: Service) -> Service {
    BoxCloneSyncService::new(service_fn(move |request| {
        let answer = tokio::spawn(inner.clone().oneshot(request));
        async { answer.await.expect("no panic") }
    }))
}

fn handler() -> Service {
    BoxCloneSyncService::new(service_fn(|_: Request<()>| async { Ok(answer()) }))
}

#[tokio::test]
async fn a_second_layer_in_another_task_leaves_the_request_alone() {
    for (request, accepted, rejected) in [
        (RequestBuilder::documented(), 1, 0),
        (RequestBuilder::gateway().set("x-dd-proxy-request-time-ms", "soon"), 0, 1),
    ] {
        let mut recorder = Recorder::new();
        let (outer, inner) = (recorder.layer(), recorder.layer());
        let service = below(&outer, spawned(below(&inner, handler())));
        service.oneshot(request.body(())).await.expect("infallible");
        assert_eq!(recorder.ended().len(), accepted as usize);
        let rejected_by_outer = outer.stats().rejected(RejectionKind::InvalidRequestTime);
        assert_eq!((outer.stats().accepted(), rejected_by_outer), (accepted, rejected));
        assert!(inner.stats().iter().all(|(_, count)| count == 0));
    }
}

/// A handler asks a service in this process, with a layer of its own, for what another gateway's request wants.
#[tokio::test]
async fn another_request_within_a_request_is_judged_by_itself() {
    let mut recorder = Recorder::new();
    let layer = recorder.layer().strip_headers(true);
    let sees = service_fn(|request: Request<()>| async move {
        assert!(!request.headers().contains_key("x-dd-proxy"));
        let inferred_span = request.extensions().get::<InferredSpan>().expect("its own");
        assert_eq!(inferred_span.request().stage(), Some("inner"));
        Ok(answer())
    });
    let inner = below(&layer, BoxCloneSyncService::new(sees));
    let asks = service_fn(move |_: Request<()>| {
        let request = RequestBuilder::documented().set("x-dd-proxy-stage", "inner").body(());
        inner.clone().oneshot(request)
    });
    let service = below(&layer, BoxCloneSyncService::new(asks));
    service.oneshot(RequestBuilder::documented().body(())).await.expect("infallible");
    let [inner, outer] = recorder.ended().try_into().expect("two spans");
    assert_eq!((inner.attribute("stage").as_str(), outer.attribute("stage").as_str()), (Some("inner"), Some("prod")));
    assert_eq!(layer.stats().accepted(), 2);
}

#[test]
fn debug_hides_what_is_personal() {
    let mut recorder = Recorder::new();
    let layer = recorder.layer();
    let request = RequestBuilder::documented()
        .and("x-dd-proxy-user", "AIDACKCEVSQ6C2EXAMPLE")
        .and("x-forwarded-for", "203.0.113.7")
        .body(());
    let service = below(
        &layer,
        BoxCloneSyncService::new(service_fn(|request: Request<()>| async move {
            let inferred_span = request.extensions().get::<InferredSpan>().expect("there");
            let text = format!("{inferred_span:?}");
            assert!(text.contains("api.example.com"), "{text}");
            assert!(!text.contains("AIDA") && !text.contains("203.0.113.7"), "{text}");
            assert_eq!(inferred_span.request().user(), Some("AIDACKCEVSQ6C2EXAMPLE"));
            Ok(answer())
        })),
    );
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(service.oneshot(request)).expect("infallible");
    assert_eq!(recorder.ended().len(), 1);
}
