//! What the binaries measure: the only file that knows all cases.

use opentelemetry_sdk::trace::SdkTracerProvider;

use crate::case::{bare_cases, Case, NOTHING};
use crate::{actix, floors, tower};
#[cfg(feature = "others")]
use crate::{actix::bare_actix_case, case::bare, drive::Bare, others as layers_of_others, requests::Kind, telemetry};

/// Floors and layer: what the gate looks at.
pub fn own(provider: &SdkTracerProvider) -> Vec<Case> {
    let mut cases = vec![Case::new(NOTHING, NOTHING, || (), std::hint::black_box)];
    cases.extend(bare_cases());
    cases.extend(floors::cases(provider));
    cases.extend(tower::cases(provider));
    cases.extend(actix::cases(provider));
    cases
}

/// Those of others and what they are over. Sets up the process's globals.
#[cfg(feature = "others")]
pub fn others(set: &str) -> Vec<Case> {
    let provider = telemetry::provider();
    telemetry::install(&provider);
    let mut cases =
        vec![Case::tower(bare(Kind::Root), NOTHING, Bare, Kind::Root.requests()), bare_actix_case(Kind::Root)];
    match set {
        "others" => cases.extend(layers_of_others::without_subscriber()),
        "subscriber" => {
            layers_of_others::subscribe(&provider);
            cases.extend(layers_of_others::with_subscriber());
        }
        set => panic!("no such cases: {set:?}"),
    }
    cases
}
