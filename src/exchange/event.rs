//! An exchange out of an event of AWS Lambda.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::Arc;

use super::begin::{begin_exchange, RequestLine};
use super::exchange::Exchange;
use super::origin::Origin;
use super::strip::strip;
use crate::core::Core;
use crate::hints;
use crate::parent::{RequestHeaders, RequestParts};
use crate::request::context::{RequestContext, Surroundings};
use crate::request::{Headers, InvalidProxyRequest, ProxyRequest, Rejection};

/// What is known of an invocation.
pub(crate) struct Invocation<'a> {
    pub(crate) context: RequestContext<'a>,
    pub(crate) function_arn: Option<&'a str>,
    pub(crate) x_ray: Option<&'a str>,
    pub(crate) is_cold_start: bool,
}

impl Invocation<'_> {
    /// Whether this is the first invocation of the process, which has waited for its start.
    pub(crate) fn is_first() -> bool {
        static WAS_ONE: AtomicBool = AtomicBool::new(false);
        !WAS_ONE.load(Relaxed) && !WAS_ONE.swap(true, Relaxed)
    }

    fn line(&self) -> RequestLine {
        RequestLine { is_head: self.context.is_head(), protocol: self.context.protocol() }
    }
}

impl Origin for Invocation<'_> {
    const IS_EVENT: bool = true;

    /// Nobody but AWS Lambda can send an event.
    fn is_vouched_for(&self, _: &Core, _: &impl RequestHeaders) -> Result<bool, Rejection> {
        Ok(true)
    }

    fn read<'a>(
        &'a self,
        core: &'a Core,
        headers: &'a impl RequestHeaders,
        found: &mut Headers<'a>,
        _: bool,
    ) -> Result<ProxyRequest<'a>, Rejection> {
        let around = Surroundings {
            region: core.on_lambda.as_ref().and_then(|on_lambda| on_lambda.region.as_deref()),
            function_arn: self.function_arn,
            x_ray: self.x_ray,
            host: headers.first("host"),
        };
        self.context.read(found, &around).ok_or(InvalidProxyRequest::UnreadableProxy.into())
    }

    fn is_cold_start(&self) -> Option<bool> {
        Some(self.is_cold_start)
    }
}

/// Does for a request out of an event what [`begin`](super::begin) does for one with the gateway's headers. `None` if the
/// event isn't one of a gateway.
#[cold]
#[inline(never)]
pub(crate) fn begin_event(
    core: &Arc<Core>,
    invocation: &Invocation<'_>,
    request: &mut impl RequestParts,
) -> Option<Box<Exchange>> {
    let is_wanted = !core.is_off && invocation.context.proxy().is_some();
    let exchange = is_wanted.then(|| begin_exchange(core, invocation.line(), invocation, request)).flatten();
    #[cfg(feature = "lambda")]
    hints::event();
    strip(core, request);
    exchange
}

/// Begins the exchange of a request on Lambda that brings no event in its extensions: that of the Lambda Web Adapter's
/// header, if it is to be read. Headers of the gateway aren't believed here: nobody maps any, so that all there are come
/// from clients.
#[cold]
#[inline(never)]
pub(crate) fn begin_header(core: &Arc<Core>, request: &mut impl RequestParts) -> Option<Box<Exchange>> {
    #[cfg(feature = "request-context")]
    if core.on_lambda.as_ref().is_some_and(|on_lambda| on_lambda.reads_header) {
        return super::adapter_header::begin_adapter_header(core, request);
    }
    begin_nothing(core, request);
    None
}

/// Says what would bring an event, and strips.
pub(crate) fn begin_nothing(core: &Core, request: &mut impl RequestHeaders) {
    if !core.is_off {
        hints::no_event();
    }
    strip(core, request);
}
