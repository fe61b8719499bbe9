//! A request as the layer's closures see it.

use std::fmt;

use super::ProxyRequest;

/// A request, as [`accept_if`](crate::ApiGatewayInferredSpan::accept_if) and
/// [`attributes`](crate::ApiGatewayInferredSpan::attributes) get it: the values from the gateway, and all headers.
///
/// The same type for requests of `http`, of actix-web, and in a Lambda function's event.
pub struct RequestView<'a> {
    gateway: &'a ProxyRequest<'a>,
    header: &'a dyn Fn(&str) -> Option<&'a [u8]>,
}

impl<'a> RequestView<'a> {
    /// `header` finds the first value of a name in lower case.
    pub(crate) fn new(gateway: &'a ProxyRequest<'a>, header: &'a dyn Fn(&str) -> Option<&'a [u8]>) -> Self {
        Self { gateway, header }
    }

    /// The values from the gateway.
    #[must_use]
    pub fn gateway(&self) -> &ProxyRequest<'_> {
        self.gateway
    }

    /// The first value of the header with this name, which can be in any case. The value is as received.
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
