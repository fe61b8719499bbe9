//! What the gateway said of the request, checked.

use std::borrow::Cow;
use std::fmt;
use std::time::{Duration, SystemTime};

use super::host::Host;
use super::invalid::InvalidProxyRequest;
use super::method::Method;
use super::mistakes::MappingMistakes;
use super::proxy::Proxy;
use super::scan::Headers;
use super::xray::XRayTraceHeader;

/// The validated values of the gateway's `x-dd-proxy*` headers, or of an AWS Lambda function's event.
///
/// Handlers get the stage, the API's id, the time at which the gateway received the request and more from
/// [`InferredSpan::request`], if the layer trusted the request. [`ProxyRequest::from_headers`] reads them whoever sent them.
///
/// [`InferredSpan::request`]: crate::InferredSpan::request
///
/// Of every value, surrounding spaces and one surrounding pair of single quotes (left by a mistaken mapping) are
/// dropped. A value that is empty, not UTF-8, has control characters or is longer than 2 KiB (8 KiB for the path)
/// counts as absent.
///
/// ```
/// use apigateway_inferred_span::{Proxy, ProxyRequest};
/// use http::Request;
///
/// let request = Request::builder()
///     .header("x-dd-proxy", "aws-apigateway")
///     .header("x-dd-proxy-request-time-ms", "1729780025473")
///     .header("x-dd-proxy-httpmethod", "GET")
///     .header("x-dd-proxy-path", "/prod/users/42?token=secret")
///     .header("x-dd-proxy-resource-path", "/users/{id}")
///     .header("x-dd-proxy-stage", "prod")
///     .body(())?;
///
/// let gateway = ProxyRequest::from_headers(request.headers())?.expect("x-dd-proxy is there");
/// assert_eq!(gateway.proxy(), Proxy::RestApi);
/// assert_eq!(gateway.stage(), Some("prod"));
/// assert_eq!(gateway.path(), Some("/prod/users/42"));
/// assert_eq!(gateway.route(), Some("/users/{id}"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct ProxyRequest<'a> {
    #[cfg(any(feature = "lambda", feature = "request-context"))]
    pub(super) source: Source,
    pub(super) proxy: Proxy,
    pub(super) request_time_ms: Option<u64>,
    pub(super) domain: Option<Host<'a>>,
    pub(super) method: Option<Method<'a>>,
    pub(super) path: Option<Cow<'a, str>>,
    pub(super) stage: Option<&'a str>,
    /// The resource path or the route key as it came.
    pub(super) resource: Option<&'a str>,
    pub(super) route: Option<&'a str>,
    pub(super) account_id: Option<&'a str>,
    pub(super) api_id: Option<&'a str>,
    pub(super) region: Option<&'a str>,
    pub(super) user: Option<&'a str>,
    pub(super) request_id: Option<&'a str>,
    #[cfg(any(feature = "lambda", feature = "request-context"))]
    pub(super) extended_request_id: Option<&'a str>,
    pub(super) user_agent: Option<&'a str>,
    #[cfg(any(feature = "lambda", feature = "request-context"))]
    pub(super) source_ip: Option<&'a [u8]>,
    pub(super) forwarded: Option<&'a [u8]>,
    pub(super) x_forwarded_for: Option<&'a [u8]>,
    pub(super) x_ray: Option<XRayTraceHeader>,
    pub(super) mistakes: MappingMistakes,
}

/// Who passes on what the gateway said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Source {
    /// The gateway itself, or whoever claims to be one.
    #[default]
    Headers,
    /// AWS Lambda, in the event of the invocation.
    #[cfg_attr(not(any(feature = "lambda", feature = "request-context")), allow(dead_code))]
    Event,
}

impl<'a> ProxyRequest<'a> {
    /// Reads the gateway's headers. `Ok(None)` if there is no `x-dd-proxy`.
    ///
    /// Takes a reference to the header map of `http` 1 or 0.2, that of actix-web, or any pairs of names and values.
    ///
    /// # Errors
    ///
    /// If the layer would make no gateway span from these headers; [`InvalidProxyRequest`] has the reasons.
    pub fn from_headers<I, N, V>(headers: I) -> Result<Option<Self>, InvalidProxyRequest>
    where
        I: IntoIterator<Item = (&'a N, &'a V)>,
        N: AsRef<str> + ?Sized + 'a,
        V: AsRef<[u8]> + ?Sized + 'a,
    {
        let mut found = Headers::scan(headers.into_iter().map(|(name, value)| {
            let name = name.as_ref();
            // `http` keeps names in lower case; pairs from elsewhere may not.
            let name = match name.bytes().any(|b| b.is_ascii_uppercase()) {
                true => Cow::Owned(name.to_ascii_lowercase()),
                false => Cow::Borrowed(name),
            };
            (name, value.as_ref())
        }));
        match found.proxy {
            None => Ok(None),
            Some(_) => Self::read(&mut found, false).map(Some),
        }
    }

    /// The gateway that sent the request.
    #[must_use]
    pub fn proxy(&self) -> Proxy {
        self.proxy
    }

    /// When the gateway received the request, by its own clock and to the millisecond.
    ///
    /// Always there for Amazon API Gateway and Azure API Management. In its headers, an HTTP API knows it to the second
    /// only: this is the beginning of that second.
    #[must_use]
    pub fn request_time(&self) -> Option<SystemTime> {
        let ms = Duration::from_millis(self.request_time_ms?);
        SystemTime::UNIX_EPOCH.checked_add(ms)
    }

    /// The domain that the client asked for, such as `api.example.com`: in lower case, without a trailing dot, port and
    /// brackets. A value that is no host counts as absent.
    #[must_use]
    pub fn domain(&self) -> Option<&str> {
        self.domain.as_ref().map(Host::name)
    }

    /// The port after the domain, if the gateway sent one.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        self.domain.as_ref().and_then(Host::port)
    }

    /// The request's method as the gateway saw it. Known methods are in upper case, others as they came.
    #[must_use]
    pub fn method(&self) -> Option<&str> {
        self.method.as_ref().map(Method::as_str)
    }

    /// The path as the client asked for it, with its leading `/` and without the query.
    ///
    /// On `execute-api` hosts it includes the stage: `/prod/users/42`.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        self.path.as_deref()
    }

    /// The API's resource path, such as `/users/{id}`. Of an HTTP API's route key `GET /users/{id}` this is the
    /// path; `$default` is no route.
    #[must_use]
    pub fn route(&self) -> Option<&str> {
        self.route
    }

    /// The API's stage, such as `prod`.
    #[must_use]
    pub fn stage(&self) -> Option<&str> {
        self.stage
    }

    /// The AWS account that owns the API.
    #[must_use]
    pub fn account_id(&self) -> Option<&str> {
        self.account_id
    }

    /// The API's id: that of the mapping, otherwise that of `x-amzn-apigateway-api-id`, which a REST API adds itself.
    #[must_use]
    pub fn api_id(&self) -> Option<&str> {
        self.api_id
    }

    /// The AWS region of the API.
    #[must_use]
    pub fn region(&self) -> Option<&str> {
        self.region
    }

    /// The caller's IAM identity. Personal data: not recorded in the span unless
    /// [`record_user`](crate::ApiGatewayInferredSpan::record_user) is set.
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        self.user
    }

    /// The request's id in the gateway's access log: `$context.extendedRequestId` of a REST API, `$context.requestId` of an
    /// HTTP API and in the event of a Lambda function.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.request_id
    }

    /// `X-Amzn-Trace-Id`, which the gateway adds to every request; `None` if it is missing or invalid.
    #[must_use]
    pub fn x_ray(&self) -> Option<&XRayTraceHeader> {
        self.x_ray.as_ref()
    }
}

/// Hides what is personal: the user, and the addresses that the request came from.
impl fmt::Debug for ProxyRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProxyRequest")
            .field("proxy", &self.proxy)
            .field("request_time_ms", &self.request_time_ms)
            .field("domain", &self.domain())
            .field("port", &self.port())
            .field("method", &self.method())
            .field("path", &self.path)
            .field("stage", &self.stage)
            .field("route", &self.route)
            .field("account_id", &self.account_id)
            .field("api_id", &self.api_id)
            .field("region", &self.region)
            .field("request_id", &self.request_id)
            .field("x_ray", &self.x_ray)
            .finish_non_exhaustive()
    }
}
