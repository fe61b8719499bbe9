//! What holds of any headers at all.

use std::convert::Infallible;
use std::time::{Duration, SystemTime};

use apigateway_inferred_span::{InvalidProxyRequest, Proxy, ProxyRequest};
use bytes::Bytes;
use futures_util::FutureExt as _;
use http::{HeaderName, HeaderValue, Request, Response};
use http_body_util::Empty;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use tower::{service_fn, Layer, ServiceExt};

use support::requests::RequestBuilder;
use support::spans::Recorder;

const NAMES: [&str; 14] = [
    "x-dd-proxy",
    "x-dd-proxy-request-time-ms",
    "x-dd-proxy-domain-name",
    "x-dd-proxy-httpmethod",
    "x-dd-proxy-path",
    "x-dd-proxy-stage",
    "x-dd-proxy-resource-path",
    "x-dd-proxy-account-id",
    "x-dd-proxy-api-id",
    "x-dd-proxy-region",
    "x-dd-proxy-user",
    "x-dd-proxy-other",
    "user-agent",
    "traceparent",
];

/// Values that come close to what is accepted, and any others.
fn value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        3 => select(vec![
            "aws-apigateway", "AWS-HTTPAPI", "azure-gw", "'aws-apigateway'", "1729780025473", "1729780025",
            "9999999999999", "GET", "get", "/users/42?x=y", "users", "$default", "GET /x/{id}", "eu-west-1",
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
        1 => "\\PC{0,40}".prop_map(String::into_bytes),
        1 => vec(any::<u8>(), 0..40),
        1 => vec(any::<u8>(), 2_040..2_060),
    ]
}

fn pairs() -> impl Strategy<Value = Vec<(&'static str, Vec<u8>)>> {
    // Half of them have what is required, or next to nothing would get past it.
    let required = prop_oneof![
        Just(Vec::new()),
        Just(vec![(NAMES[0], b"aws-apigateway".to_vec()), (NAMES[1], b"1729780025473".to_vec()),]),
    ];
    (required, vec((select(&NAMES[..]), value()), 0..14))
        .prop_map(|(required, others)| required.into_iter().chain(others).collect())
}

fn is_clean(text: &str) -> bool {
    text.len() <= 8 * 1024 && !text.is_empty() && !text.chars().any(char::is_control)
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(pairs in pairs()) {
        let headers = pairs.iter().map(|(name, value)| (*name, value.as_slice()));
        let has_proxy = pairs.iter().any(|(name, _)| *name == "x-dd-proxy");
        match ProxyRequest::from_headers(headers) {
            Ok(None) => prop_assert!(!has_proxy),
            Ok(Some(request)) => {
                prop_assert!(has_proxy);
                let texts = [
                    request.domain(), request.method(), request.stage(), request.route(), request.account_id(),
                    request.api_id(), request.region(), request.user(),
                ];
                prop_assert!(texts.into_iter().flatten().all(is_clean));
                if let Some(path) = request.path() {
                    prop_assert!(is_clean(path) && path.starts_with('/') && !path.contains(['?', '#']));
                }
                if let Some(time) = request.request_time() {
                    prop_assert!(time > SystemTime::UNIX_EPOCH + Duration::from_secs(999_999_999));
                }
            }
            Err(reason) => {
                let text = reason.to_string();
                prop_assert!(!text.chars().any(char::is_control), "{text:?}");
                prop_assert!(text.len() < 1_000);
                if let InvalidProxyRequest::ConflictingHeader(name) = reason {
                    prop_assert!(pairs.iter().filter(|pair| pair.0 == name).count() > 1);
                }
            }
        }
    }

    #[test]
    fn any_request_is_served_untouched_under_at_most_one_span(pairs in pairs()) {
        let mut recorder = Recorder::new();
        let mut request = Request::new(());
        for (name, value) in &pairs {
            // What a server's parser lets through.
            if let Ok(value) = HeaderValue::from_bytes(value) {
                request.headers_mut().append(HeaderName::from_static(name), value);
            }
        }
        let sent = request.headers().clone();
        let service = recorder.layer().layer(service_fn(|request: Request<()>| async move {
            let mut response = Response::new(Empty::<Bytes>::new());
            *response.headers_mut() = request.headers().clone();
            Ok::<_, Infallible>(response)
        }));
        let response = service.oneshot(request).now_or_never().expect("at once").expect("infallible");
        // The trace context names the gateway's span; the rest is nobody's business.
        let others = |headers: &http::HeaderMap| {
            let mut others = headers.clone();
            others.remove("traceparent");
            others
        };
        prop_assert_eq!(others(response.headers()), others(&sent));
        drop(response);

        let expected = ProxyRequest::from_headers(&sent).is_ok_and(|request| request.is_some());
        let spans = recorder.ended();
        prop_assert_eq!(spans.len(), usize::from(expected));
        for span in spans {
            prop_assert!(span.start <= span.end);
            let attributes = span.attributes.as_object().expect("an object");
            // Some are put together from several parts, each with its own limit.
            let is_clean = |text: &str| {
                !text.is_empty() && text.len() <= 11 * 1024 && !text.chars().any(char::is_control)
            };
            prop_assert!(attributes.values().filter_map(|value| value.as_str()).all(is_clean));
        }
    }

    #[test]
    fn any_host_and_path_make_a_url_or_none(
        host in "[A-Za-z0-9.:_\\[\\]-]{0,30}|[a-z]{1,9}\\.[a-z]{1,9}(:[0-9]{1,5})?|\\[[0-9a-f:]{2,9}\\]",
        path in "\\PC{0,40}|/[ -~]{0,40}|(/[a-z]{1,5}){1,5}",
    ) {
        let mut recorder = Recorder::new();
        let request = RequestBuilder::gateway().and("x-dd-proxy-domain-name", &host).and("x-dd-proxy-path", &path);
        support::services::send(&recorder.layer(), &request);
        let span = recorder.ended().remove(0);
        // Punycode is left to who resolves it.
        if let Some(url) = span.attribute("url.full").as_str().filter(|url| !url.contains("xn--")) {
            let parsed = url::Url::parse(url).expect(url);
            let name = parsed.host_str().expect("a host").trim_matches(['[', ']']);
            prop_assert_eq!(name, span.attribute("server.address").as_str().expect("text"));
            prop_assert!(parsed.query().is_none() && parsed.fragment().is_none() && parsed.username().is_empty());
            prop_assert!(url.bytes().all(|b| b.is_ascii_graphic()), "{}", url);
        }
    }

    #[test]
    fn what_is_written_reads_back(
        proxy in select(vec![
            Proxy::RestApi, Proxy::HttpApi, Proxy::AzureApiManagement, Proxy::AzureApplicationGateway,
            Proxy::AzureFrontDoor,
        ]),
        ms in 1_000_000_000_000u64..=253_402_300_799_999,
        domain in "[a-z0-9_]{1,20}(\\.[a-z0-9_]{1,20}){0,2}\\.[a-z]{1,10}",
        method in "[A-Z]{1,10}",
        path in "/[a-zA-Z0-9/._~%-]{0,100}",
        stage in "[a-zA-Z0-9_$-]{1,20}",
    ) {
        let time = ms.to_string();
        let request = ProxyRequest::from_headers([
            ("x-dd-proxy", proxy.as_str()),
            ("x-dd-proxy-request-time-ms", &time),
            ("x-dd-proxy-domain-name", &domain),
            ("x-dd-proxy-httpmethod", &method),
            ("x-dd-proxy-path", &path),
            ("x-dd-proxy-stage", &stage),
        ]);
        let request = request.expect("readable").expect("there");
        prop_assert_eq!(request.proxy(), proxy);
        prop_assert_eq!(
            request.request_time(),
            Some(SystemTime::UNIX_EPOCH + Duration::from_millis(ms))
        );
        prop_assert_eq!(request.domain(), Some(domain.as_str()));
        prop_assert_eq!(request.method(), Some(method.as_str()));
        prop_assert_eq!(request.path(), Some(path.as_str()));
        prop_assert_eq!(request.stage(), Some(stage.as_str()));
    }
}
