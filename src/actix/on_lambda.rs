//! A request on AWS Lambda, which reaches actix-web by the Lambda Web Adapter.

use std::sync::Arc;

use super::request::Parts;
use crate::core::Core;
use crate::exchange::{self, Exchange};

/// Begins the exchange of a request with the adapter's header, if that is to be read. Headers of the gateway aren't believed
/// here.
#[cold]
#[inline(never)]
pub(super) fn begin(core: &Arc<Core>, parts: &mut Parts<'_>) -> Option<Box<Exchange>> {
    #[cfg(feature = "request-context")]
    if core.on_lambda.as_ref().is_some_and(|on_lambda| on_lambda.reads_header) {
        return exchange::begin_adapter_header(core, parts);
    }
    #[cfg(all(feature = "request-context", not(feature = "lambda")))]
    if !core.is_off {
        crate::hints::header_is_not_read();
    }
    #[cfg(feature = "lambda")]
    if !core.is_off {
        crate::hints::no_request_context(cfg!(feature = "lambda-http"));
    }
    exchange::begin_nothing(core, parts);
    None
}
