//! Where what the gateway said comes from.

use crate::core::Core;
use crate::parent::RequestHeaders;
use crate::request::{Headers, ProxyRequest, Rejection};

/// Says what the gateway said of a request.
pub(super) trait Origin {
    /// Whether AWS Lambda says it, and not the request itself.
    const IS_EVENT: bool;

    /// The headers that matter, and what the gateway said.
    fn read<'a>(
        &'a self,
        core: &'a Core,
        headers: &'a impl RequestHeaders,
    ) -> Result<(Headers<'a>, ProxyRequest<'a>), Rejection>;

    /// Whether the request has waited for the function's start. `None` elsewhere.
    fn is_cold_start(&self) -> Option<bool>;
}

/// The gateway's headers.
pub(super) struct FromHeaders;

impl Origin for FromHeaders {
    const IS_EVENT: bool = false;

    #[inline]
    fn read<'a>(
        &'a self,
        core: &'a Core,
        headers: &'a impl RequestHeaders,
    ) -> Result<(Headers<'a>, ProxyRequest<'a>), Rejection> {
        let is_vouched_for = core.trust.check_secret(|name| headers.first(name))?;
        let mut found = Headers::scan(headers.pairs());
        let request = ProxyRequest::read(&mut found, is_vouched_for)?;
        Ok((found, request))
    }

    fn is_cold_start(&self) -> Option<bool> {
        None
    }
}
