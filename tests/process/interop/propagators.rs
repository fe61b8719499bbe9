//! The propagators that an application installs.

use opentelemetry::global;
use opentelemetry::propagation::{TextMapCompositePropagator, TextMapPropagator};
use opentelemetry::trace::noop::NoopTextMapPropagator;
use opentelemetry_aws::trace::XrayPropagator;
use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};
use opentelemetry_zipkin::{B3Encoding, Propagator as B3Propagator};
use support::propagators::VendorState;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Format {
    W3c,
    B3Single,
    B3Multi,
    XRay,
    /// A header of X-Ray that contradicts itself, which its propagator reads and the layer alone doesn't.
    XRayContradicting,
    /// A vendor's entry of `tracestate`, beside `traceparent`.
    Vendor,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Propagator {
    None,
    W3c,
    W3cBaggage,
    B3Default,
    B3Single,
    B3Multi,
    B3Both,
    XRay,
    W3cThenXRay,
    XRayThenW3c,
    Vendor,
}

pub(crate) const PROPAGATORS: [Propagator; 11] = [
    Propagator::None,
    Propagator::W3c,
    Propagator::W3cBaggage,
    Propagator::B3Default,
    Propagator::B3Single,
    Propagator::B3Multi,
    Propagator::B3Both,
    Propagator::XRay,
    Propagator::W3cThenXRay,
    Propagator::XRayThenW3c,
    Propagator::Vendor,
];

impl Propagator {
    pub(crate) fn reads(self) -> &'static [Format] {
        use Format::{B3Multi, B3Single, Vendor, W3c, XRay, XRayContradicting};
        match self {
            Self::None => &[],
            Self::W3c | Self::W3cBaggage => &[W3c],
            // They differ in what they write.
            Self::B3Default | Self::B3Both | Self::B3Single | Self::B3Multi => &[B3Single, B3Multi],
            Self::XRay => &[XRay, XRayContradicting],
            Self::Vendor => &[Vendor, W3c],
            Self::W3cThenXRay | Self::XRayThenW3c => &[W3c, XRay, XRayContradicting],
        }
    }

    pub(crate) fn install(self) {
        fn both(
            first: impl TextMapPropagator + Send + Sync + 'static,
            second: impl TextMapPropagator + Send + Sync + 'static,
        ) {
            global::set_text_map_propagator(TextMapCompositePropagator::new(vec![Box::new(first), Box::new(second)]));
        }
        let b3 = |encoding| global::set_text_map_propagator(B3Propagator::with_encoding(encoding));
        match self {
            Self::None => global::set_text_map_propagator(NoopTextMapPropagator::new()),
            Self::W3c => global::set_text_map_propagator(TraceContextPropagator::new()),
            Self::W3cBaggage => both(TraceContextPropagator::new(), BaggagePropagator::new()),
            Self::B3Default => global::set_text_map_propagator(B3Propagator::new()),
            Self::B3Single => b3(B3Encoding::SingleHeader),
            Self::B3Multi => b3(B3Encoding::MultipleHeader),
            Self::B3Both => b3(B3Encoding::SingleAndMultiHeader),
            Self::XRay => global::set_text_map_propagator(XrayPropagator::new()),
            Self::W3cThenXRay => both(TraceContextPropagator::new(), XrayPropagator::new()),
            Self::XRayThenW3c => both(XrayPropagator::new(), TraceContextPropagator::new()),
            Self::Vendor => global::set_text_map_propagator(VendorState),
        }
    }
}
