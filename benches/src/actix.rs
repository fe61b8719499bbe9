//! The layer, in actix-web; cases as in `tower`.

use std::future::{poll_fn, ready};
use std::hint::black_box;
use std::pin::pin;

use actix_http::{Request, Response};
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{fn_service, Service, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::http::Uri;
use actix_web::test::init_service;
use actix_web::{App, Error, HttpResponse};
use apigateway_inferred_span::ApiGatewayInferredSpan;
use opentelemetry_sdk::trace::SdkTracerProvider;

use crate::case::{Case, NOTHING};
use crate::drive::{poll_ready_now, sink};
use crate::requests::Kind;
use crate::tower::{layer, name, off};

pub fn cases(provider: &SdkTracerProvider) -> Vec<Case> {
    let on = layer(provider);
    let actix = |name: String, layer: &ApiGatewayInferredSpan, kind: Kind| {
        let service = poll_ready_now(init_service(app().wrap(layer.clone())));
        actix_case(name, bare_actix(kind), service, kind)
    };
    let mut cases: Vec<_> = Kind::ALL.map(bare_actix_case).into();
    cases.push(actix("actix: disabled".into(), &off(), Kind::Root));
    cases.extend(Kind::ALL.map(|kind| actix(name("actix", kind), &on, kind)));
    cases
}

/// The name of the bare application's case, with requests of a kind.
pub fn bare_actix(kind: Kind) -> String {
    format!("bare actix: {kind:?}")
}

pub fn bare_actix_case(kind: Kind) -> Case {
    let service = poll_ready_now(init_service(app()));
    actix_case(bare_actix(kind), NOTHING.into(), service, kind)
}

/// An application that answers `ok` at once.
pub fn app() -> App<
    impl ServiceFactory<ServiceRequest, Config = (), Response = ServiceResponse<BoxBody>, Error = Error, InitError = ()>,
> {
    App::new().default_service(fn_service(|mut request: ServiceRequest| {
        sink::store_actix(std::mem::take(request.headers_mut()));
        ready(Ok(request.into_response(HttpResponse::Ok().body("ok"))))
    }))
}

/// A request through an application of actix-web.
pub fn actix_case<S, B>(name: String, baseline: String, service: S, kind: Kind) -> Case
where
    S: Service<Request, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody,
{
    let headers = actix_headers(kind);
    Case::new(
        name,
        baseline,
        move || headers.clone(),
        move |headers| {
            let mut request = Request::new();
            let head = request.head_mut();
            head.uri = Uri::from_static("/orders/42");
            head.headers = headers;
            actix_send(&service, request);
        },
    )
}

/// Sends one request, and takes the response as actix-web's server does: until the body says that it is over.
fn actix_send<S, B>(service: &S, request: Request)
where
    S: Service<Request, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    poll_ready_now(poll_fn(|cx| service.poll_ready(cx))).expect("ready");
    let response = poll_ready_now(service.call(black_box(request))).expect("a response");
    let (head, body) = Response::from(response).into_parts();
    black_box(&head);
    if body.size() == BodySize::None {
        return;
    }
    let mut body = pin!(body);
    while let Some(chunk) = poll_ready_now(poll_fn(|cx| body.as_mut().poll_next(cx))) {
        if black_box(chunk).is_err() {
            break;
        }
    }
}

fn actix_headers(kind: Kind) -> HeaderMap {
    let pair = |(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value));
    kind.pairs().into_iter().map(pair).collect()
}
