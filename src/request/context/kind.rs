//! Which gateway an event came through.

use super::RequestContext;
use crate::request::Proxy;

impl RequestContext<'_> {
    /// The gateway; `None` for load balancers, VPC Lattice, and whatever isn't a request of a client.
    ///
    /// By what only the events of one of them have. Every API has a stage. An HTTP API can send the format of REST APIs
    /// (payload format 1.0): there it is told apart by its stage `$default`, or by a `resourceId` that is a route key,
    /// `GET /users` or `$default`; with neither it counts as a REST API, as it does for Datadog's extension.
    pub(crate) fn proxy(&self) -> Option<Proxy> {
        if self.elb.0 || !self.stage.is_some() {
            return None;
        }
        if self.http.0.is_some() {
            let is_function_url = self.domain_name.as_deref().is_some_and(|domain| domain.contains(".lambda-url."));
            return Some(if is_function_url { Proxy::LambdaFunctionUrl } else { Proxy::HttpApi });
        }
        if self.message_direction.is_some() {
            return Some(Proxy::WebSocketApi);
        }
        let is_route_key = |id: &str| id == "$default" || id.contains(' ');
        let is_http_api = || self.stage.is("$default") || self.resource_id.as_deref().is_some_and(is_route_key);
        self.http_method.is_some().then(|| if is_http_api() { Proxy::HttpApi } else { Proxy::RestApi })
    }
}
