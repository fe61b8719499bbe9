//! A request as the layer's closures see it.

use std::fmt;

use super::ProxyRequest;

/// A request, for [`accept_if`](crate::ApiGatewayInferredSpan::accept_if) to look at: what the gateway said of it, and
/// its other headers.
///
/// The same for requests of `http` and of actix-web.
pub struct RequestView<'a> {
    gateway: &'a ProxyRequest<'a>,
    header: &'a dyn Fn(&str) -> Option<&'a [u8]>,
}

impl<'a> RequestView<'a> {
    /// `header` finds the first value of a name in lower case.
    pub(crate) fn new(gateway: &'a ProxyRequest<'a>, header: &'a dyn Fn(&str) -> Option<&'a [u8]>) -> Self {
        Self { gateway, header }
    }

    /// What the gateway said of the request.
    #[must_use]
    pub fn gateway(&self) -> &ProxyRequest<'_> {
        self.gateway
    }

    /// The first value of the header of that name, in any case, as it came.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        match name.bytes().any(|b| b.is_ascii_uppercase()) {
            true => (self.header)(&name.to_ascii_lowercase()),
            false => (self.header)(name),
        }
    }
}

impl fmt::Debug for RequestView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestView").field("gateway", self.gateway).finish_non_exhaustive()
    }
}
