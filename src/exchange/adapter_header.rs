//! An exchange out of the Lambda Web Adapter's header.

use std::sync::Arc;

use super::event::{begin_event, Invocation};
use super::exchange::Exchange;
use super::strip::strip;
use crate::core::Core;
use crate::hints;
use crate::parent::RequestParts;
use crate::request::context::RequestContext;
use crate::request::names::X_AMZN_REQUEST_CONTEXT;

/// Longest header taken, in bytes. Claims of an authorizer and a client's certificate have several KiB.
const MAX_LEN: usize = 64 * 1024;

/// Begins an exchange if the request has the header, and that is of a gateway.
pub(super) fn begin_adapter_header(core: &Arc<Core>, request: &mut impl RequestParts) -> Option<Box<Exchange>> {
    // The adapter sends one. A copy, because the request is written to while it is read.
    let mut values = request.pairs().filter(|(name, _)| *name == X_AMZN_REQUEST_CONTEXT).map(|(_, value)| value);
    let header = match (values.next(), values.next()) {
        (Some(header), None) if header.len() <= MAX_LEN => header.to_vec(),
        _ => Vec::new(),
    };
    drop(values);
    // Events of other kinds come with a header that has no context in it.
    let is_cold_start = !header.is_empty() && Invocation::is_first();
    let Some(context) = RequestContext::from_json(&header) else {
        if !core.is_off {
            hints::no_context_header();
        }
        strip(core, request);
        return None;
    };
    let invocation = Invocation { context, function_arn: None, x_ray: None, is_cold_start };
    begin_event(core, &invocation, request)
}
