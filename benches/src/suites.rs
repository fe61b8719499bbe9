//! What the binaries measure: the only file that knows all cases.

use opentelemetry::trace::TracerProvider as _;
use opentelemetry::Context;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tower_layer::Layer as _;

use crate::case::{bare_cases, Case, NOTHING};
use crate::drive::{send, sink, Bare};
use crate::requests::Kind;
use crate::telemetry::{self, recorded_attributes};
use crate::{actix, floors, growth, per_service_export, tower, worst};

/// The cases of a suite, in a process whose globals are set up.
pub fn cases(suite: &str) -> Vec<Case> {
    let provider = telemetry::provider();
    telemetry::install(&provider);
    pass_the_first_thousand(&provider);
    match suite {
        "own" => own(&provider),
        "worst" => worst::cases(&provider),
        "growth" => growth::cases(&provider),
        "export" => per_service_export::cases(),
        suite => panic!("no such suite: {suite:?}"),
    }
}

/// The layer looks closer at the first 1,000 requests without the gateway's headers.
fn pass_the_first_thousand(provider: &SdkTracerProvider) {
    let mut service = tower::layer(provider).layer(Bare);
    for _ in 0..1_000 {
        send(&mut service, Kind::NoHeaders.request());
    }
    sink::reset(0);
}

/// Floors and layer.
pub fn own(provider: &SdkTracerProvider) -> Vec<Case> {
    check_floors();
    let mut cases = vec![Case::new(NOTHING, NOTHING, || (), std::hint::black_box)];
    cases.extend(bare_cases());
    cases.extend(floors::cases(provider));
    cases.extend(tower::cases(provider));
    cases.extend(actix::cases(provider));
    cases
}

/// A floor is one only if its span has what the layer's has.
fn check_floors() {
    let floor = recorded_attributes(|provider| floors::sdk_span(&provider.tracer("benches"), &Context::new()));
    for kind in [Kind::Root, Kind::SampledParent] {
        let span = recorded_attributes(|provider| send(&mut tower::layer(provider).layer(Bare), kind.request()));
        assert_eq!(floor, span, "floors.rs needs the attributes that the layer gives to the span of a {}", kind.name());
    }
}

/// Metrics and access log, in a process whose globals are set up.
#[cfg(feature = "observers")]
pub fn observed(suite: &str) -> Vec<Case> {
    let provider = telemetry::provider();
    telemetry::install(&provider);
    match suite {
        "observers" => crate::observers::cases(&provider),
        suite => panic!("no such suite: {suite:?}"),
    }
}

/// Events of AWS Lambda, in a process that looks like a function's.
#[cfg(feature = "events")]
pub fn of_events(suite: &str) -> Vec<Case> {
    std::env::set_var("AWS_LAMBDA_FUNCTION_NAME", "orders");
    std::env::set_var("AWS_REGION", "eu-west-1");
    let provider = telemetry::provider();
    telemetry::install(&provider);
    match suite {
        "events" => crate::events::cases(&provider),
        suite => panic!("no such suite: {suite:?}"),
    }
}

/// Layers of others and their baselines, in a process whose globals are set up.
#[cfg(feature = "others")]
pub fn others(suite: &str) -> Vec<Case> {
    use crate::{case, others};

    let provider = telemetry::provider();
    telemetry::install(&provider);
    let mut cases = vec![
        Case::tower(case::bare(Kind::Root), NOTHING, Bare, Kind::Root.requests()),
        actix::bare_actix_case(Kind::Root),
    ];
    match suite {
        "others" => cases.extend(others::without_subscriber()),
        "subscriber" => {
            others::subscribe(&provider);
            cases.extend(others::with_subscriber());
        }
        suite => panic!("no such suite: {suite:?}"),
    }
    cases
}
