//! Where the layer can go: axum in its four ways, tonic, plain hyper.

use std::convert::Infallible;
use std::future::{ready, Ready};
use std::task::{Context, Poll};

use apigateway_inferred_span::ApiGatewayInferredSpan;
use axum::routing::get;
use axum::Router;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use opentelemetry::trace::{SpanId, TraceContextExt, TracerProvider};
use tokio::net::{TcpListener, TcpStream};
use tower::{service_fn, Layer, Service, ServiceBuilder, ServiceExt};
use tracing::Instrument as _;
use tracing_subscriber::layer::SubscriberExt as _;

use support::requests::RequestBuilder;
use support::servers::{self, exchange};
use support::spans::Recorder;

fn request(path: &str) -> Request<Empty<Bytes>> {
    RequestBuilder::gateway().uri(path).over_http1()
}

/// Statuses of the gateway's spans that requests for a route and for no route make.
async fn statuses(mut recorder: Recorder, router: Router) -> Vec<u64> {
    let server = servers::axum(router).await;
    for (path, status) in [("/users", 200), ("/nowhere", 404)] {
        let response = exchange(server.address, request(path)).await;
        assert_eq!(response.expect("a response").status(), status);
    }
    let spans = recorder.ended();
    let status = |span: &support::spans::Span| span.attribute("http.response.status_code").as_u64();
    spans.iter().filter_map(status).collect()
}

fn routes() -> Router {
    Router::new().route("/users", get(|| async { "ok" }))
}

#[tokio::test]
async fn router_layer_sees_routes_and_earlier_fallbacks() {
    let recorder = Recorder::new();
    let app = routes().layer(recorder.layer());
    assert_eq!(statuses(recorder, app).await, [200, 404]);

    let recorder = Recorder::new();
    let app = routes().layer(recorder.layer()).fallback(|| async { StatusCode::NOT_FOUND });
    assert_eq!(statuses(recorder, app).await, [200]);
}

#[tokio::test]
async fn route_layer_sees_routes_only() {
    let recorder = Recorder::new();
    let app = routes().route_layer(recorder.layer());
    assert_eq!(statuses(recorder, app).await, [200]);
}

#[tokio::test]
async fn service_builder_takes_the_layer_first() {
    let recorder = Recorder::new();
    let app = routes().layer(
        ServiceBuilder::new().layer(recorder.layer()).map_response(|response: axum::response::Response| response),
    );
    assert_eq!(statuses(recorder, app).await, [200, 404]);
}

#[tokio::test]
async fn around_the_whole_router_it_sees_every_request() {
    let recorder = Recorder::new();
    let app = routes().fallback(|| async { StatusCode::NOT_FOUND });
    let app = recorder.layer().layer(app);
    let app = Router::new().fallback_service(app);
    assert_eq!(statuses(recorder, app).await, [200, 404]);
}

#[tokio::test]
async fn plain_hyper_serves_it() {
    let mut recorder = Recorder::new();
    let service = recorder.layer().layer(service_fn(|_: Request<hyper::body::Incoming>| async {
        Ok::<_, Infallible>(Response::new(Full::new(Bytes::from("ok"))))
    }));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("bound");
    let server = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("a connection");
        let connection = hyper::server::conn::http1::Builder::new()
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
        let _ = connection.await;
    });
    let response = exchange(address, request("/")).await.expect("a response");
    assert_eq!(response.body(), "ok");
    assert_eq!(recorder.ended().len(), 1);
    server.abort();
}

/// A gRPC service that answers every call with an empty message, from within a span.
#[derive(Clone)]
struct Grpc(opentelemetry_sdk::trace::SdkTracerProvider);

impl tonic::server::NamedService for Grpc {
    const NAME: &'static str = "orders.Orders";
}

impl Service<Request<tonic::body::Body>> for Grpc {
    type Response = Response<tonic::body::Body>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<tonic::body::Body>) -> Self::Future {
        let tracer = self.0.tracer("app");
        let context = opentelemetry::Context::current();
        let span = opentelemetry::trace::Tracer::start(&tracer, "handler");
        drop(context.with_span(span));
        let response = Response::builder()
            .header("content-type", "application/grpc")
            .header("grpc-status", "0")
            .body(tonic::body::Body::empty());
        ready(Ok(response.expect("a response")))
    }
}

#[tokio::test]
async fn tonic_serves_it() {
    let mut recorder = Recorder::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("bound");
    let server = tonic::transport::Server::builder()
        .layer(recorder.layer())
        .add_service(Grpc(recorder.provider.clone()))
        .serve_with_incoming(tokio_stream::wrappers::TcpListenerStream::new(listener));
    let server = tokio::spawn(server);

    let io = TokioIo::new(TcpStream::connect(address).await.expect("connected"));
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await.expect("a handshake");
    let driver = tokio::spawn(connection);
    let call = RequestBuilder::gateway()
        .uri("http://localhost/orders.Orders/Get")
        .and("content-type", "application/grpc")
        .body(Empty::<Bytes>::new());
    let response = sender.send_request(call).await.expect("a response");
    assert_eq!(response.headers()["grpc-status"], "0");
    response.into_body().collect().await.expect("a body");

    let (handler, gateway) = (recorder.next().await, recorder.next().await);
    assert!(gateway.is_gateway());
    assert_eq!((handler.name.as_str(), handler.parent), ("handler", gateway.span_id));
    driver.abort();
    server.abort();
}

/// As with `.instrument(info_span!("connection"))` around the connection of an accept loop.
#[tokio::test]
async fn requests_inside_a_connections_span_have_own_traces() {
    let mut recorder = Recorder::new();
    let tracing = tracing_opentelemetry::layer().with_tracer(recorder.provider.tracer("app"));
    let _subscriber = tracing::subscriber::set_default(tracing_subscriber::registry().with(tracing));
    let service = recorder.layer().layer(service_fn(|_: Request<hyper::body::Incoming>| async {
        Ok::<_, Infallible>(Response::new(Full::new(Bytes::from("ok"))))
    }));
    let (client, server) = tokio::io::duplex(4096);
    let connection = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(server), TowerToHyperService::new(service));
    let server = async move { drop(connection.await) }.instrument(tracing::info_span!("connection"));
    let server = tokio::spawn(server);
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(client)).await.expect("a handshake");
    let driver = tokio::spawn(connection);
    for _ in 0..2 {
        let response = sender.send_request(request("/")).await.expect("a response");
        assert_eq!(response.into_body().collect().await.expect("a body").to_bytes(), "ok");
    }
    let (first, second) = (recorder.next().await, recorder.next().await);
    assert_ne!(first.trace_id, second.trace_id);
    assert_eq!((first.parent, second.parent), (SpanId::INVALID, SpanId::INVALID));
    // Both link to the connection's span.
    assert_eq!((first.links.len(), second.links.len()), (1, 1));
    assert_eq!(first.links[0].span_id(), second.links[0].span_id());
    drop(sender);
    let _ = driver.await;
    let _ = server.await;
}

#[tokio::test]
async fn off_it_hands_through_what_is_within() {
    let mut recorder = Recorder::new();
    let layer: ApiGatewayInferredSpan = recorder.layer().enabled(false);
    let mut service = layer.layer(service_fn(|_: Request<Empty<Bytes>>| async {
        Ok::<_, Infallible>(Response::new(Full::new(Bytes::from("ok"))))
    }));
    let response = service.ready().await.unwrap().call(request("/")).await.unwrap();
    assert_eq!(http_body::Body::size_hint(response.body()).exact(), Some(2));
    assert!(!http_body::Body::is_end_stream(response.body()));
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "ok");
    assert!(recorder.ended().is_empty());
}

/// Layers that answer by themselves, above it in one builder.
#[tokio::test]
async fn layers_that_make_empty_bodies_stand_above() {
    let mut recorder = Recorder::new();
    let app = routes().layer(
        ServiceBuilder::new()
            .layer(tower_http::cors::CorsLayer::permissive())
            .layer(tower_http::timeout::TimeoutLayer::with_status_code(
                StatusCode::GATEWAY_TIMEOUT,
                std::time::Duration::from_secs(5),
            ))
            .layer(recorder.layer()),
    );
    let server = servers::axum(app).await;
    assert_eq!(exchange(server.address, request("/users")).await.expect("a response").body(), "ok");
    assert!(recorder.next().await.is_gateway());
}
