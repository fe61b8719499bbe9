//! The layer, in tower.
//!
//! | case | layer | request |
//! |---|---|---|
//! | disabled | off | `Root` |
//! | no gateway headers | on | `NoHeaders` |
//! | others | on, W3C propagator | the [kind](crate::requests::Kind) of that name |
//! | sampled, globals | on, global provider and propagator | `Root` |

use apigateway_inferred_span::ApiGatewayInferredSpan;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tower_layer::Layer as _;

use crate::case::{bare, Case};
use crate::drive::{send, Bare};
use crate::requests::Kind;

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

    let tower = |name: String, layer: &ApiGatewayInferredSpan, kind: Kind| {
        Case::tower(name, bare(kind), layer.layer(Bare), kind.requests())
    };
    let mut cases = vec![tower("tower: disabled".into(), &off(), Kind::Root)];
    cases.extend(Kind::ALL.map(|kind| tower(name("tower", kind), &on, kind)));
    let globals = ApiGatewayInferredSpan::new().enabled(true);
    cases.push(tower("tower: sampled, globals".into(), &globals, Kind::Root));
    cases
}
