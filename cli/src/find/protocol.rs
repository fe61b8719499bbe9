//! Whether an integration of API Gateway's second version belongs to an HTTP or a WebSocket API.

use crate::tree::Node;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    Http,
    WebSocket,
}

/// What a tool calls the settings that tell the two apart.
pub(super) struct Settings {
    pub(super) parameters: &'static str,
    pub(super) http: &'static str,
    pub(super) web_socket: [&'static str; 3],
}

/// By what only one of the two has, where the API itself isn't in the document.
pub(super) fn by_settings(integration: &Node<'_>, kind: Option<&str>, settings: &Settings) -> Option<Protocol> {
    let parameters = integration.get(settings.parameters);
    let keys = parameters.into_iter().flat_map(|node| node.entries()).filter_map(|entry| entry.key.text());
    let keys: Vec<_> = keys.collect();
    if settings.web_socket.iter().any(|key| integration.get(key).is_some())
        || kind.is_some_and(|kind| kind.eq_ignore_ascii_case("HTTP"))
        || keys.iter().any(|key| key.starts_with("integration.request."))
    {
        return Some(Protocol::WebSocket);
    }
    let http = integration.get(settings.http).is_some() || keys.iter().any(|key| key.contains(':'));
    http.then_some(Protocol::Http)
}
