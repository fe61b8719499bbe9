//! What the propagators that an application installs read.

use support::propagators::{Propagator, PROPAGATORS};

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

/// All but the one that reads and never writes, which can't make a child behind a hop.
pub(crate) fn that_write() -> impl Iterator<Item = Propagator> {
    PROPAGATORS.into_iter().filter(|propagator| *propagator != Propagator::RequestIds)
}

pub(crate) fn reads(propagator: Propagator) -> &'static [Format] {
    use Format::{B3Multi, B3Single, Vendor, W3c, XRay, XRayContradicting};
    match propagator {
        Propagator::None | Propagator::RequestIds => &[],
        Propagator::W3c | Propagator::W3cBaggage => &[W3c],
        // They differ in what they write.
        Propagator::B3Default | Propagator::B3Both | Propagator::B3Single | Propagator::B3Multi => &[B3Single, B3Multi],
        Propagator::B3ThenW3c => &[B3Single, B3Multi, W3c],
        Propagator::XRay => &[XRay, XRayContradicting],
        Propagator::Vendor => &[Vendor, W3c],
        Propagator::W3cThenXRay | Propagator::XRayThenW3c => &[W3c, XRay, XRayContradicting],
    }
}
