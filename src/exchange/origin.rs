//! Where what the gateway said comes from.

use crate::core::Core;
use crate::parent::RequestHeaders;
use crate::request::{Headers, ProxyRequest, Rejection};

/// Says what the gateway said of a request.
pub(super) trait Origin {
    /// Whether AWS Lambda says it, and not the request itself.
    const IS_EVENT: bool;

    /// Whether the shared secret vouches for the request. Comes first, so that a request without it costs little.
    fn is_vouched_for(&self, core: &Core, headers: &impl RequestHeaders) -> Result<bool, Rejection>;

    /// Reads what the gateway said. `found` has the request's headers; what stands for the gateway's is put in their place.
    fn read<'a>(
        &'a self,
        core: &'a Core,
        headers: &'a impl RequestHeaders,
        found: &mut Headers<'a>,
        is_vouched_for: bool,
    ) -> Result<ProxyRequest<'a>, Rejection>;

    /// Whether the request has waited for the function's start. `None` elsewhere.
    fn is_cold_start(&self) -> Option<bool>;
}

/// The gateway's headers.
pub(super) struct FromHeaders;

impl Origin for FromHeaders {
    const IS_EVENT: bool = false;

    #[inline]
    fn is_vouched_for(&self, core: &Core, headers: &impl RequestHeaders) -> Result<bool, Rejection> {
        core.trust.check_secret(|name| headers.first(name))
    }

    #[inline]
    fn read<'a>(
        &'a self,
        _: &'a Core,
        _: &'a impl RequestHeaders,
        found: &mut Headers<'a>,
        is_vouched_for: bool,
    ) -> Result<ProxyRequest<'a>, Rejection> {
        ProxyRequest::read(found, is_vouched_for).map_err(Rejection::Invalid)
    }

    #[inline]
    fn is_cold_start(&self) -> Option<bool> {
        None
    }
}
