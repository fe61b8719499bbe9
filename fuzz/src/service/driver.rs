//! Sends the requests of an input through the layer.

use std::any::Any;
use std::rc::Rc;

use apigateway_inferred_span::ApiGatewayInferredSpan;
use http::{HeaderMap, Method, Request};
use tower_layer::Layer as _;

use super::application::{Application, RequestBody};
use super::checks::check_count;
use super::client::{discard, drive};
use super::events::{observe, start_exchange, Shared};
use super::input::{Plan, Settings};

/// A future or body that the client still holds; dropping it ends its span.
pub type Leftovers = Box<dyn Any>;

/// The layer under test, and a second one inside it if the settings say so.
pub struct Layers<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) outer: ApiGatewayInferredSpan,
    /// Has separate counts, as the layer of a nested router has.
    pub(crate) nested: Option<ApiGatewayInferredSpan>,
}

/// A request that was sent, and what was observed.
pub struct Exchange {
    pub(crate) sent: HeaderMap,
    pub(crate) is_head: bool,
    /// The code under which the outer layer counted the request.
    pub(crate) code: Option<&'static str>,
    pub(crate) seen: Shared,
}

impl<'a> Layers<'a> {
    pub fn new(settings: &'a Settings) -> Self {
        observe(settings.processor);
        Self { settings, outer: settings.layer(), nested: settings.nested.then(|| settings.layer()) }
    }

    /// Sends a request, and lets the client do what the plan says. What it still holds then is kept or dropped.
    pub fn send(&self, sent: HeaderMap, plan: Plan, kept: &mut Vec<Leftovers>) -> Exchange {
        let seen = start_exchange();
        let before = self.outer.stats();
        let Plan { method, panics_in_call, pending, outcome, client } = plan;
        let inner = Application {
            seen: Rc::clone(&seen),
            panics: panics_in_call,
            pending,
            outcome: Some(outcome),
            propagation: self.settings.propagation,
        };
        let method = [Method::GET, Method::HEAD, Method::POST, Method::CONNECT][usize::from(method % 4)].clone();
        let is_head = method == Method::HEAD;
        let mut request = Request::new(RequestBody(7));
        *request.method_mut() = method;
        *request.headers_mut() = sent.clone();
        let leftovers = match &self.nested {
            None => drive(self.outer.layer(inner), request, &client, &seen),
            Some(nested) => drive(self.outer.layer(nested.layer(inner)), request, &client, &seen),
        };
        if client.keeps {
            kept.extend(leftovers);
        } else {
            discard(leftovers, client.drops_in_a_panic);
        }
        let code = check_count(self.settings, &sent, &before, &self.outer.stats());
        Exchange { sent, is_head, code, seen }
    }
}
