//! A request on AWS Lambda, where an event says what the gateway said.

use std::sync::Arc;

use http::{Method, Request};

use super::flush::FlushAtEnd;
use super::request::Parts;
use crate::core::Core;
use crate::exchange::{self, Exchange};

/// Begins or joins the exchange of a request. Headers of the gateway aren't believed here: nobody maps any, so that all
/// there are come from clients.
#[cold]
#[inline(never)]
pub(super) fn begin<B>(core: &Arc<Core>, request: &mut Request<B>, flush: &mut FlushAtEnd) -> Option<Box<Exchange>> {
    let is_head = request.method() == Method::HEAD;
    // Taken out, because a request lends only one of the two at a time.
    let mut extensions = std::mem::take(request.extensions_mut());
    let mut parts = Parts { headers: request.headers_mut(), extensions: &mut extensions };
    let exchange = begin_invocation(core, is_head, &mut parts, flush);
    *request.extensions_mut() = extensions;
    exchange
}

#[cfg(not(feature = "lambda"))]
fn begin_invocation(core: &Arc<Core>, _: bool, parts: &mut Parts<'_>, _: &mut FlushAtEnd) -> Option<Box<Exchange>> {
    exchange::begin_header(core, parts)
}

/// Of the layer on the runtime, if there is one; else of the request's context.
#[cfg(feature = "lambda")]
fn begin_invocation(
    core: &Arc<Core>,
    is_head: bool,
    parts: &mut Parts<'_>,
    flush: &mut FlushAtEnd,
) -> Option<Box<Exchange>> {
    use crate::exchange::Outer;
    use crate::flush::last_moment;

    let mine = core.on_lambda.as_ref().and_then(|on_lambda| on_lambda.flush.clone());
    let Some(lambda) = parts.extensions.get::<lambda_runtime::Context>() else {
        let exchange = exchange::begin_header(core, parts);
        // Others are questions of the Lambda Web Adapter whether the application is ready.
        if let (Some(mine), Some(_)) = (mine, &exchange) {
            *flush = FlushAtEnd::new(mine, None);
        }
        return exchange;
    };
    let outer = Outer::of(&lambda.request_id);
    // The layer may have been added twice.
    let is_mine = !outer.as_ref().is_some_and(|outer| outer.flushes()) && parts.extensions.get::<Flushes>().is_none();
    if let Some(mine) = mine.filter(|_| is_mine) {
        *flush = FlushAtEnd::new(mine, last_moment(lambda.deadline()));
        parts.extensions.insert(Flushes);
    }
    if let Some(outer) = outer.filter(|outer| !core.is_off && !outer.is_off()) {
        return outer.join_request(core, is_head, parts);
    }
    #[cfg(feature = "lambda-http")]
    if parts.extensions.get::<lambda_http::request::RequestContext>().is_some() {
        return super::request_context::begin(core, parts);
    }
    exchange::begin_nothing(core, parts);
    None
}

/// In the extensions of a request at whose end a layer flushes.
#[cfg(feature = "lambda")]
#[derive(Clone, Copy)]
struct Flushes;
