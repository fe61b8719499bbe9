//! The layer, as a tower service.
//!
//! | case | layer | request |
//! |---|---|---|
//! | disabled | off | `Root` |
//! | others | on, W3C propagator | the [kind](Kind) of that name |

use std::convert::Infallible;

use apigateway_inferred_span::ApiGatewayInferredSpan;
use http::{Request, Response};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tower_layer::Layer as _;
use tower_service::Service;

use crate::case::{bare, Case, NOTHING};
use crate::drive::{send, Bare};
use crate::requests::{Body, Kind};

pub fn layer(provider: &SdkTracerProvider) -> ApiGatewayInferredSpan {
    ApiGatewayInferredSpan::new().enabled(true).tracer_provider(provider).propagator(TraceContextPropagator::new())
}

pub fn off() -> ApiGatewayInferredSpan {
    ApiGatewayInferredSpan::new().enabled(false)
}

/// What a case of the layer is called.
pub fn name(framework: &str, kind: Kind) -> String {
    format!("{framework}: {}", kind.name())
}

pub fn cases(provider: &SdkTracerProvider) -> Vec<Case> {
    let on = layer(provider);
    // The hints to the operator count the first requests without the header, until one has it.
    send(&mut on.layer(Bare), Kind::Root.request());

    let case = |name: String, layer: &ApiGatewayInferredSpan, kind: Kind| {
        Case::tower(name, bare(kind), layer.layer(Bare), kind.requests())
    };
    let mut cases = vec![case("tower: disabled".into(), &off(), Kind::Root)];
    cases.extend(Kind::ALL.map(|kind| case(name("tower", kind), &on, kind)));
    cases
}

/// A case and its baseline: requests through a service of their own, with and without the layer.
pub fn pair<S, B>(
    layer: &ApiGatewayInferredSpan,
    name: &str,
    service: S,
    requests: impl Fn() -> Request<Body> + Clone + 'static,
) -> [Case; 2]
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible> + Clone + 'static,
    B: http_body::Body,
{
    let (bare, layered) = (format!("bare: {name}"), layer.layer(service.clone()));
    [Case::tower(bare.clone(), NOTHING, service, requests.clone()), Case::tower(name, bare, layered, requests)]
}
