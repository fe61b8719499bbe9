//! Which gateway took the request, and what it said of it.

use std::borrow::Cow;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, SystemTime};

use crate::request::scan::{Header, Headers};
use crate::request::swar;
use crate::request::text::{self, MAX_LEN, MAX_PATH_LEN};
use crate::request::xray::XRayTraceHeader;

/// The gateway that took the request: the value of `x-dd-proxy`.
///
/// Values are those of [Datadog's documentation][docs], compared without regard to ASCII case.
///
/// [docs]: https://docs.datadoghq.com/tracing/trace_collection/proxy_setup/apigateway/
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Proxy {
    /// `aws-apigateway`: an Amazon API Gateway REST API (v1).
    RestApi,
    /// `aws-httpapi`: an Amazon API Gateway HTTP API (v2).
    HttpApi,
    /// `azure-apim`: Azure API Management.
    AzureApiManagement,
    /// `azure-gw`: Azure Application Gateway. It can't send its time; without one the span starts at the time of receipt.
    AzureApplicationGateway,
    /// `azure-fd`: Azure Front Door. It can't send its time; without one the span starts at the time of receipt.
    AzureFrontDoor,
}

impl Proxy {
    const ALL: [Self; 5] =
        [Self::RestApi, Self::HttpApi, Self::AzureApiManagement, Self::AzureApplicationGateway, Self::AzureFrontDoor];

    /// In the case in which the documentation has it.
    fn exactly(value: &[u8]) -> Option<Self> {
        let is = |proxy: &Self| proxy.as_str().as_bytes() == value;
        Self::ALL.into_iter().find(is)
    }

    fn parse(value: &str) -> Option<Self> {
        let is = |proxy: &Self| proxy.as_str().eq_ignore_ascii_case(value);
        Self::ALL.into_iter().find(is)
    }

    /// The value of `x-dd-proxy` in lower case, which is also the span's `component`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RestApi => "aws-apigateway",
            Self::HttpApi => "aws-httpapi",
            Self::AzureApiManagement => "azure-apim",
            Self::AzureApplicationGateway => "azure-gw",
            Self::AzureFrontDoor => "azure-fd",
        }
    }

    /// The name of the gateway's span, the one Datadog's tracers use.
    #[must_use]
    pub const fn span_name(self) -> &'static str {
        match self {
            Self::RestApi => "aws.apigateway",
            Self::HttpApi => "aws.httpapi",
            Self::AzureApiManagement => "azure.apim",
            Self::AzureApplicationGateway => "azure.app-gateway",
            Self::AzureFrontDoor => "azure.frontdoor",
        }
    }

    /// How long the gateway waits for the application before it answers 504 itself, where that has one
    /// [documented default][quotas]: 29 seconds for a REST API, 30 seconds for an HTTP API.
    ///
    /// [quotas]: https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
    #[must_use]
    pub const fn integration_timeout(self) -> Option<Duration> {
        match self {
            Self::RestApi => Some(Duration::from_secs(29)),
            Self::HttpApi => Some(Duration::from_secs(30)),
            _ => None,
        }
    }

    pub(crate) const fn is_aws(self) -> bool {
        matches!(self, Self::RestApi | Self::HttpApi)
    }

    const fn always_sends_time(self) -> bool {
        !matches!(self, Self::AzureApplicationGateway | Self::AzureFrontDoor)
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a request that carries `x-dd-proxy` gets no gateway span.
///
/// The request is served untouched whatever the reason; it is logged at debug level.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rejected {
    /// `x-dd-proxy` names no gateway this crate knows. Holds the first 64 characters of it.
    UnknownProxy(Box<str>),
    /// `x-dd-proxy` is not UTF-8, has control characters or is longer than 2 KiB.
    UnreadableProxy,
    /// `x-dd-proxy-request-time-ms` is missing, or not readable as text of at most 2 KiB.
    MissingRequestTime,
    /// `x-dd-proxy-request-time-ms` is not a decimal number. Holds the first 64 characters of it.
    InvalidRequestTime(Box<str>),
    /// `x-dd-proxy-request-time-ms` is a number, but no time between 2001-09-09 and the year 9999.
    /// Holds the first 64 characters of it.
    RequestTimeOutOfRange(Box<str>),
    /// A header came more than once with different values, so that one of them is not the gateway's.
    ConflictingHeader(&'static str),
    /// `x-amzn-apigateway-api-id`, which the gateway itself may add, names another API than `x-dd-proxy-api-id`.
    ApiIdMismatch,
    /// The header of [`shared_secret`](crate::ApiGatewayInferredSpan::shared_secret) is missing or different.
    WrongSecret,
    /// The domain is not among [`allow_domains`](crate::ApiGatewayInferredSpan::allow_domains). Holds the first 64
    /// characters of it.
    DomainNotAllowed(Box<str>),
    /// The API's id is not among [`allow_api_ids`](crate::ApiGatewayInferredSpan::allow_api_ids). Holds the first 64
    /// characters of it.
    ApiIdNotAllowed(Box<str>),
    /// The gateway took the request longer ago than
    /// [`max_request_age`](crate::ApiGatewayInferredSpan::max_request_age). Holds how long.
    TooOld(Duration),
    /// [`accept_if`](crate::ApiGatewayInferredSpan::accept_if) said no.
    NotAccepted,
}

impl Rejected {
    /// The reason as a word, under which [`Stats`](crate::Stats) count it: `missing_request_time`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownProxy(_) => "unknown_proxy",
            Self::UnreadableProxy => "unreadable_proxy",
            Self::MissingRequestTime => "missing_request_time",
            Self::InvalidRequestTime(_) => "invalid_request_time",
            Self::RequestTimeOutOfRange(_) => "request_time_out_of_range",
            Self::ConflictingHeader(_) => "conflicting_header",
            Self::ApiIdMismatch => "api_id_mismatch",
            Self::WrongSecret => "wrong_secret",
            Self::DomainNotAllowed(_) => "domain_not_allowed",
            Self::ApiIdNotAllowed(_) => "api_id_not_allowed",
            Self::TooOld(_) => "too_old",
            Self::NotAccepted => "not_accepted",
        }
    }
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownProxy(found) => write!(
                f,
                "header x-dd-proxy should be one of {}, found {found:?}",
                Proxy::ALL.map(Proxy::as_str).join(", ")
            ),
            Self::UnreadableProxy => f.write_str(
                "header x-dd-proxy should be text of at most 2 KiB, found control characters, bytes outside UTF-8 or more",
            ),
            Self::MissingRequestTime => f.write_str("header x-dd-proxy-request-time-ms is missing"),
            Self::InvalidRequestTime(found) => write!(
                f,
                "header x-dd-proxy-request-time-ms should be milliseconds since 1970 in decimal digits, found {found:?}"
            ),
            Self::RequestTimeOutOfRange(found) => write!(
                f,
                "header x-dd-proxy-request-time-ms should be milliseconds since 1970 (13 digits today), found {found:?}"
            ),
            Self::ConflictingHeader(name) => write!(
                f,
                "header {name} should come once, found several with different values"
            ),
            Self::ApiIdMismatch => f.write_str(
                "headers x-dd-proxy-api-id and x-amzn-apigateway-api-id should name the same API, found two",
            ),
            Self::WrongSecret => f.write_str("the shared secret's header is missing or different"),
            Self::DomainNotAllowed(found) => {
                write!(f, "the domain should be one of those allowed, found {found:?}")
            }
            Self::ApiIdNotAllowed(found) => {
                write!(f, "the API's id should be one of those allowed, found {found:?}")
            }
            Self::TooOld(age) => write!(f, "the gateway took the request too long ago, {age:?}"),
            Self::NotAccepted => f.write_str("accept_if said no"),
        }
    }
}

impl std::error::Error for Rejected {}

/// What the gateway said of the request in its `x-dd-proxy*` headers, checked.
///
/// The layer reads this by itself. A handler that wants the stage, the API's id or the time at which the gateway
/// took the request gets them with [`ProxyRequest::from_headers`].
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
/// assert_eq!(gateway.path().as_deref(), Some("/prod/users/42"));
/// assert_eq!(gateway.route(), Some("/users/{id}"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyRequest<'a> {
    proxy: Proxy,
    request_time_ms: Option<u64>,
    domain: Option<&'a str>,
    method: Option<Method<'a>>,
    path: Option<&'a str>,
    stage: Option<&'a str>,
    route: Option<&'a str>,
    account_id: Option<&'a str>,
    api_id: Option<&'a str>,
    region: Option<&'a str>,
    user: Option<&'a str>,
    user_agent: Option<&'a str>,
    forwarded_for: Option<&'a [u8]>,
    x_ray: Option<XRayTraceHeader>,
    slips: Slips,
}

/// Mistakes in a mapping that could be read all the same, and deserve a word to the operator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Slips {
    /// The time was in seconds: the `000` of an HTTP API's mapping was forgotten.
    pub(crate) seconds: bool,
    /// A value arrived in single quotes.
    pub(crate) quotes: bool,
}

impl<'a> ProxyRequest<'a> {
    /// Reads the gateway's headers. `Ok(None)` if there is no `x-dd-proxy`.
    ///
    /// Takes a reference to the header map of `http` 1 or 0.2, that of actix-web, or any pairs of names and values.
    ///
    /// # Errors
    ///
    /// Says why the headers make no gateway span; see [`Rejected`].
    pub fn from_headers<I, N, V>(headers: I) -> Result<Option<Self>, Rejected>
    where
        I: IntoIterator<Item = (&'a N, &'a V)>,
        N: AsRef<str> + ?Sized + 'a,
        V: AsRef<[u8]> + ?Sized + 'a,
    {
        let found = Headers::scan(headers.into_iter().map(|(name, value)| {
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
            Some(_) => Self::read(&found).map(Some),
        }
    }

    pub(crate) fn read(headers: &Headers<'a>) -> Result<Self, Rejected> {
        let proxy = headers.proxy.ok_or(Rejected::UnreadableProxy)?;
        let mut slips = Slips::default();
        let mut read = |header: Header<'a>, max| {
            let value = text::readable(header?, max)?;
            let unquoted = text::strip_quotes(value);
            slips.quotes |= unquoted.is_some();
            Some(unquoted.unwrap_or(value))
        };

        if let Some(name) = headers.conflict {
            return Err(Rejected::ConflictingHeader(name));
        }
        // What is as it should be is known by its bytes; only what isn't needs to be read as text.
        let proxy = match Proxy::exactly(proxy) {
            Some(proxy) => proxy,
            None => {
                let value = read(Some(proxy), MAX_LEN).ok_or(Rejected::UnreadableProxy)?;
                Proxy::parse(value).ok_or_else(|| Rejected::UnknownProxy(text::excerpt(value)))?
            }
        };
        let request_time = match headers.request_time_ms.and_then(RequestTime::of_digits) {
            Some(time) => Some(time),
            None => match read(headers.request_time_ms, MAX_LEN) {
                Some(value) => Some(RequestTime::parse(value)?),
                None if proxy.always_sends_time() => return Err(Rejected::MissingRequestTime),
                None => None,
            },
        };
        let method = match headers.httpmethod.and_then(Method::exactly) {
            Some(method) => Some(method),
            None => read(headers.httpmethod, MAX_LEN).and_then(Method::parse),
        };
        let path = read(headers.path, MAX_PATH_LEN).and_then(without_query);
        let mut read = |header| read(header, MAX_LEN).filter(|value| !value.is_empty());
        let api_id = read(headers.api_id);
        let own_api_id = read(headers.apigateway_api_id);
        if api_id.zip(own_api_id).is_some_and(|(one, other)| one != other) {
            return Err(Rejected::ApiIdMismatch);
        }

        Ok(Self {
            proxy,
            request_time_ms: request_time.map(|time| time.ms),
            domain: read(headers.domain_name).filter(|value| is_host(value)),
            method,
            path,
            stage: read(headers.stage),
            route: read(headers.resource_path).and_then(route),
            account_id: read(headers.account_id),
            api_id,
            region: read(headers.region),
            user: read(headers.user),
            user_agent: headers
                .user_agent
                .and_then(|value| text::readable(value, MAX_LEN))
                .filter(|value| !value.is_empty()),
            forwarded_for: headers.x_forwarded_for,
            x_ray: headers.x_amzn_trace_id.and_then(|value| text::readable(value, MAX_LEN)?.parse().ok()),
            slips: Slips { seconds: request_time.is_some_and(|time| time.was_seconds), ..slips },
        })
    }

    /// Which gateway it was.
    #[must_use]
    pub fn proxy(&self) -> Proxy {
        self.proxy
    }

    /// When the gateway took the request, by its own clock and to the millisecond.
    ///
    /// Always there for Amazon API Gateway and Azure API Management. An HTTP API knows it to the second only.
    #[must_use]
    pub fn request_time(&self) -> Option<SystemTime> {
        let ms = Duration::from_millis(self.request_time_ms?);
        SystemTime::UNIX_EPOCH.checked_add(ms)
    }

    /// The domain the client asked, such as `api.example.com`. A value with other characters than those of a host
    /// (ASCII letters, digits, `.`, `-`, `_`, `:`, brackets) counts as absent.
    #[must_use]
    pub fn domain(&self) -> Option<&'a str> {
        self.domain
    }

    /// The request's method as the gateway saw it. Known methods are in upper case, others as they came.
    #[must_use]
    pub fn method(&self) -> Option<&'a str> {
        self.method.map(Method::as_str)
    }

    /// The path as the client asked for it, with its leading `/` and without the query.
    ///
    /// On `execute-api` hosts it includes the stage: `/prod/users/42`.
    #[must_use]
    pub fn path(&self) -> Option<Cow<'a, str>> {
        self.path.map(|path| match path.starts_with('/') {
            true => Cow::Borrowed(path),
            false => Cow::Owned(format!("/{path}")),
        })
    }

    /// The API's resource path, such as `/users/{id}`. Of an HTTP API's route key `GET /users/{id}` this is the
    /// path; `$default` is no route.
    #[must_use]
    pub fn route(&self) -> Option<&'a str> {
        self.route
    }

    /// The API's stage, such as `prod`.
    #[must_use]
    pub fn stage(&self) -> Option<&'a str> {
        self.stage
    }

    /// The AWS account that owns the API.
    #[must_use]
    pub fn account_id(&self) -> Option<&'a str> {
        self.account_id
    }

    /// The API's id.
    #[must_use]
    pub fn api_id(&self) -> Option<&'a str> {
        self.api_id
    }

    /// The AWS region of the API.
    #[must_use]
    pub fn region(&self) -> Option<&'a str> {
        self.region
    }

    /// The caller's identity as IAM knows it. Personal data: not part of the span unless asked for.
    #[must_use]
    pub fn user(&self) -> Option<&'a str> {
        self.user
    }

    /// `X-Amzn-Trace-Id`, which the gateway adds to every request; `None` if it is missing or invalid.
    #[must_use]
    pub fn x_ray(&self) -> Option<&XRayTraceHeader> {
        self.x_ray.as_ref()
    }

    pub(crate) fn typed_method(&self) -> Option<Method<'a>> {
        self.method
    }

    pub(crate) fn user_agent(&self) -> Option<&'a str> {
        self.user_agent
    }

    /// The address in front of the others in `X-Forwarded-For`, which is the client's if the client didn't make it
    /// up.
    pub(crate) fn client_address(&self) -> Option<IpAddr> {
        let list = text::readable(self.forwarded_for?, MAX_LEN)?;
        let first = list.split(',').next()?.trim();
        let with_port = || Some(first.parse::<SocketAddr>().ok()?.ip());
        first.parse().ok().or_else(with_port)
    }

    pub(crate) fn slips(&self) -> Slips {
        self.slips
    }
}

/// A request's method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method<'a> {
    /// One that OpenTelemetry's semantic conventions take as known, in upper case.
    Known(&'static str),
    Other(&'a str),
}

impl<'a> Method<'a> {
    /// Those of RFC 9110, PATCH (RFC 5789) and QUERY.
    const KNOWN: [&'static str; 10] =
        ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "QUERY", "TRACE", "CONNECT"];

    fn exactly(value: &[u8]) -> Option<Self> {
        let is = |known: &&str| known.as_bytes() == value;
        Self::KNOWN.into_iter().find(is).map(Self::Known)
    }

    fn parse(value: &'a str) -> Option<Self> {
        let is = |known: &&str| known.eq_ignore_ascii_case(value);
        match Self::KNOWN.into_iter().find(is) {
            Some(known) => Some(Self::Known(known)),
            None if value.is_empty() => None,
            None => Some(Self::Other(value)),
        }
    }

    fn as_str(self) -> &'a str {
        match self {
            Self::Known(method) => method,
            Self::Other(method) => method,
        }
    }

    /// The method, or what stands for any that isn't known.
    pub(crate) fn known_or(self, other: &'static str) -> &'static str {
        match self {
            Self::Known(method) => method,
            Self::Other(_) => other,
        }
    }
}

fn is_host(value: &str) -> bool {
    let is_allowed = |b: u8| HOST.get(usize::from(b)).is_some_and(|allowed| *allowed);
    // To the end in any case: to stop early would take longer.
    value.bytes().fold(true, |all, b| all & is_allowed(b))
}

/// Whether a byte may be part of a host. A table, because that takes half as long as comparisons.
#[allow(clippy::indexing_slicing)] // Outside the table it wouldn't compile.
static HOST: [bool; 256] = {
    let mut table = [false; 256];
    let mut allowed: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]";
    while let [b, rest @ ..] = allowed {
        table[*b as usize] = true;
        allowed = rest;
    }
    table
};

fn without_query(path: &str) -> Option<&str> {
    let path = match swar::position(path.as_bytes(), [b'?', b'#']) {
        Some(end) => path.get(..end)?,
        None => path,
    };
    Some(path).filter(|path| !path.is_empty())
}

/// The path of an HTTP API's route key, or a REST API's resource path as it is.
///
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html>
fn route(value: &str) -> Option<&str> {
    match text::split_once(value, b' ') {
        Some((method, path)) if method.bytes().all(|b| b.is_ascii_alphabetic()) => Some(path.trim_start()),
        _ => Some(value),
    }
    .filter(|route| !route.is_empty() && !route.starts_with('$'))
}

#[derive(Clone, Copy)]
struct RequestTime {
    ms: u64,
    was_seconds: bool,
}

impl RequestTime {
    /// Of nothing but digits, as it almost always comes.
    fn of_digits(value: &[u8]) -> Option<Self> {
        Self::of(swar::number(value)?, "")
    }

    fn parse(value: &str) -> Result<Self, Rejected> {
        let (whole, fraction) = text::split_once(value, b'.').unwrap_or((value, "0"));
        let all_digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        if !all_digits(whole) || !all_digits(fraction) {
            return Err(Rejected::InvalidRequestTime(text::excerpt(value)));
        }
        swar::number(whole.trim_start_matches('0').as_bytes())
            .and_then(|number| Self::of(number, fraction))
            .ok_or_else(|| Rejected::RequestTimeOutOfRange(text::excerpt(value)))
    }

    /// 10 digits are seconds, 13 to 15 milliseconds: both begin on 2001-09-09, before any gateway, and what they
    /// could mean doesn't overlap.
    fn of(number: u64, fraction: &str) -> Option<Self> {
        match number {
            1_000_000_000..=9_999_999_999 => {
                Some(Self { ms: number * 1_000 + thousandths(fraction), was_seconds: true })
            }
            1_000_000_000_000..=253_402_300_799_999 => Some(Self { ms: number, was_seconds: false }),
            _ => None,
        }
    }
}

/// The first three of a fraction's digits.
fn thousandths(fraction: &str) -> u64 {
    fraction.bytes().chain(std::iter::repeat(b'0')).take(3).fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn route_is_the_path_of_a_route_key() {
        for (value, expected) in [
            ("/users/{id}", Some("/users/{id}")),
            ("/", Some("/")),
            ("users", Some("users")),
            ("GET /users/{id}", Some("/users/{id}")),
            ("get /users", Some("/users")),
            ("ANY /{proxy+}", Some("/{proxy+}")),
            ("GET  /users", Some("/users")),
            // Only letters before the space are a method.
            ("/a b", Some("/a b")),
            ("M-SEARCH /a", Some("M-SEARCH /a")),
            ("GET /a b", Some("/a b")),
            ("$default", None),
            // Of a WebSocket API.
            ("$connect", None),
            ("GET $default", None),
            ("GET ", None),
            ("", None),
        ] {
            assert_eq!(route(value), expected, "{value:?}");
        }
    }

    #[test]
    fn thousandths_are_the_first_three_digits_of_a_fraction() {
        for (fraction, expected) in [
            ("", 0),
            ("0", 0),
            ("5", 500),
            ("05", 50),
            ("005", 5),
            ("0005", 0),
            ("473", 473),
            ("4739", 473),
            ("999999999999999999999999", 999),
        ] {
            assert_eq!(thousandths(fraction), expected, "{fraction:?}");
        }
    }

    #[test]
    fn path_ends_before_its_query() {
        for (path, expected) in [
            ("/users", Some("/users")),
            ("/users?id=42", Some("/users")),
            ("/users#top", Some("/users")),
            ("/users?a#b?c", Some("/users")),
            ("/users#b?c", Some("/users")),
            ("/%3F", Some("/%3F")),
            ("?id=42", None),
            ("", None),
        ] {
            assert_eq!(without_query(path), expected, "{path:?}");
        }
    }
}
