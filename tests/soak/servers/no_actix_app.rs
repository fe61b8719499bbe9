//! Takes the place of `actix_app` without the feature `actix-web`.

use std::sync::Arc;

use apigateway_inferred_span::ApiGatewayInferredSpan;
use support::servers::Server;

use super::Arrivals;

pub(crate) fn start(_: ApiGatewayInferredSpan, _: Arc<Arrivals>) -> Option<Server> {
    None
}
