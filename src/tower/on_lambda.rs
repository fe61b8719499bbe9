//! A request on AWS Lambda, where an event says what the gateway said.

use std::sync::Arc;

use http::Request;

use super::request::Parts;
use crate::core::Core;
use crate::exchange::{self, Exchange};

/// Begins or joins the exchange of a request. Headers of the gateway aren't believed here: nobody maps any, so that all
/// there are come from clients.
#[cold]
#[inline(never)]
pub(super) fn begin<B>(core: &Arc<Core>, request: &mut Request<B>) -> Option<Box<Exchange>> {
    #[cfg(feature = "lambda")]
    let is_head = request.method() == http::Method::HEAD;
    // Taken out, because a request lends only one of the two at a time.
    let mut extensions = std::mem::take(request.extensions_mut());
    let mut parts = Parts { headers: request.headers_mut(), extensions: &mut extensions };
    #[cfg(feature = "lambda")]
    let exchange = begin_invocation(core, is_head, &mut parts);
    #[cfg(not(feature = "lambda"))]
    let exchange = exchange::begin_header(core, &mut parts);
    *request.extensions_mut() = extensions;
    exchange
}

/// Of the layer on the runtime, if there is one; else of the request's context.
#[cfg(feature = "lambda")]
fn begin_invocation(core: &Arc<Core>, is_head: bool, parts: &mut Parts<'_>) -> Option<Box<Exchange>> {
    use crate::exchange::Outer;

    let Some(invocation) = parts.extensions.get::<lambda_runtime::Context>() else {
        return exchange::begin_header(core, parts);
    };
    if let Some(context) = Outer::current(&invocation.request_id).filter(|_| !core.is_off) {
        return Outer::join_request(core, &context, is_head, parts);
    }
    #[cfg(feature = "lambda-http")]
    if parts.extensions.get::<lambda_http::request::RequestContext>().is_some() {
        return super::request_context::begin(core, parts);
    }
    exchange::begin_nothing(core, parts);
    None
}
