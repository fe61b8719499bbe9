//! From a `requestContext` to [`ProxyRequest`].

use super::region;
use super::{Identity, RequestContext, Text};
use crate::request::proxy_request::ProxyRequest;
use crate::request::scan::{Header, Headers};
use crate::request::time::RequestTime;
use crate::request::Proxy;

/// What is known of a request beside its `requestContext`.
#[derive(Clone, Copy, Default)]
pub(crate) struct Surroundings<'a> {
    /// `AWS_REGION`.
    pub(crate) region: Option<&'a str>,
    pub(crate) function_arn: Option<&'a str>,
    /// The invocation's own trace of X-Ray; `None` if the request's header has it.
    pub(crate) x_ray: Option<&'a str>,
    /// The `Host` header. Events of old REST APIs have no domain.
    pub(crate) host: Option<&'a [u8]>,
}

impl<'a> RequestContext<'a> {
    /// Puts what the gateway said in the place of what headers claim, and reads it. `None` if the event isn't one of a
    /// gateway. Of the request's own headers those of propagators stay, the client's user agent if the event has none,
    /// and X-Ray's.
    pub(crate) fn read<'h>(&'h self, headers: &mut Headers<'h>, around: &Surroundings<'h>) -> Option<ProxyRequest<'h>> {
        let proxy = self.proxy()?;
        let time = self.time();
        self.fill(proxy, headers, around);
        let mut request = ProxyRequest::read_optional(proxy, time.map(|time| time.ms), headers).of_event(headers);
        request.mistakes.seconds = time.is_some_and(|time| time.was_seconds);
        Some(request)
    }

    fn fill<'h>(&'h self, proxy: Proxy, headers: &mut Headers<'h>, around: &Surroundings<'h>) {
        let identity = self.identity.0.as_ref();
        let http = self.http.0.as_ref();
        let of_identity = |field: for<'i> fn(&'i Identity<'a>) -> &'i Text<'a>| field(identity?).bytes();
        let domain = self.domain_name.bytes().or(around.host);
        let in_domain = self.domain_name.as_deref().and_then(region::of_domain);
        let region = in_domain.or(around.region).or_else(|| region::of_arn(around.function_arn?));
        let account_id = self.account_id.bytes().filter(|id| *id != b"anonymous");
        let user = of_identity(|identity| &identity.user).or_else(|| self.iam_user());
        let user_agent = match http {
            Some(http) => http.user_agent.bytes(),
            None => of_identity(|identity| &identity.user_agent),
        };
        // A WebSocket API has route keys in their place.
        let [method, path] = match http {
            _ if proxy == Proxy::WebSocketApi => [None, None],
            Some(http) => [http.method.bytes(), http.path.bytes()],
            None => [self.http_method.bytes(), self.path.bytes()],
        };
        *headers = Headers {
            domain_name: domain,
            httpmethod: method,
            path,
            stage: self.stage.bytes(),
            resource_path: match proxy {
                Proxy::WebSocketApi => self.route_key.bytes(),
                _ => self.resource_path.bytes().or(self.route_key.bytes()),
            },
            account_id,
            api_id: self.api_id.bytes(),
            region: region.map(str::as_bytes),
            user,
            request_id: self.request_id.bytes(),
            extended_request_id: self.extended_request_id.bytes(),
            source_ip: http.map_or(of_identity(|identity| &identity.source_ip), |http| http.source_ip.bytes()),
            user_agent: user_agent.or(headers.user_agent),
            x_amzn_trace_id: around.x_ray.map(str::as_bytes).or(headers.x_amzn_trace_id),
            propagation: headers.propagation,
            ..Headers::default()
        };
    }

    /// When the gateway received the request. AWS sends milliseconds, some that emulate it (SAM CLI) seconds.
    fn time(&self) -> Option<RequestTime> {
        RequestTime::from_number(self.request_time_epoch.0.or(self.time_epoch.0)?)
    }

    /// The caller as IAM knows it, where a REST API has `identity.user`.
    fn iam_user(&self) -> Header<'_> {
        self.authorizer.0.as_ref()?.iam.0.as_ref()?.user_id.bytes()
    }

    /// The protocol between client and gateway, as access logs have it.
    pub(crate) fn protocol(&self) -> &'static str {
        let protocol = self.http.0.as_ref().map_or(&self.protocol, |http| &http.protocol);
        match protocol.as_deref() {
            Some("HTTP/1.0") => "HTTP/1.0",
            Some("HTTP/2.0" | "HTTP/2") => "HTTP/2.0",
            Some("HTTP/3.0" | "HTTP/3") => "HTTP/3.0",
            _ => "HTTP/1.1",
        }
    }

    pub(crate) fn is_head(&self) -> bool {
        let method = self.http.0.as_ref().map_or(&self.http_method, |http| &http.method);
        method.is("HEAD")
    }
}
