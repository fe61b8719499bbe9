//! Any pairs of names and values are read or refused.
#![no_main]

use std::time::{Duration, SystemTime};

use apigateway_inferred_span::{InvalidProxyRequest, ProxyRequest};
use apigateway_inferred_span_fuzz::pairs;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let pairs = pairs(data);
    let headers = pairs.iter().map(|(name, value)| (name.as_str(), value.as_slice()));
    let named = |name: &str| {
        let same = pairs.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name));
        same.map(|(_, value)| value).collect::<Vec<_>>()
    };
    let has_proxy = !named("x-dd-proxy").is_empty();

    match ProxyRequest::from_headers(headers) {
        Ok(None) => assert!(!has_proxy),
        Ok(Some(request)) => {
            assert!(has_proxy);
            let texts = [
                ("x-dd-proxy-stage", request.stage()),
                ("x-dd-proxy-resource-path", request.route()),
                ("x-dd-proxy-account-id", request.account_id()),
                ("x-dd-proxy-region", request.region()),
                ("x-dd-proxy-user", request.user()),
                ("x-dd-proxy-request-id", request.request_id()),
            ];
            for (name, text) in texts {
                let Some(text) = text else { continue };
                assert!(is_clean(text, 2 * 1024), "{name}: {text:?}");
                let came = |value: &&Vec<u8>| contains(value, text.as_bytes());
                assert!(named(name).iter().all(came), "{name}: {text:?}");
            }
            if let Some(id) = request.api_id() {
                assert!(is_clean(id, 2 * 1024), "{id:?}");
            }
            if let Some(method) = request.method() {
                assert!(is_clean(method, 2 * 1024), "{method:?}");
            }
            if let Some(path) = request.path() {
                assert!(is_clean(&path, 8 * 1024 + 1), "{path:?}");
                assert!(path.starts_with('/') && !path.contains(['?', '#']), "{path:?}");
            }
            if let Some(domain) = request.domain() {
                assert!(domain.is_ascii() && !domain.contains(['/', ' ', '@', '\'', '[', ']']));
                assert_eq!(domain, domain.to_ascii_lowercase());
            }
            if let Some(time) = request.request_time() {
                let since = time.duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
                assert!(since >= Duration::from_secs(1_000_000_000));
                assert!(since < Duration::from_secs(253_402_300_800));
            }
            if let Some(x_ray) = request.x_ray() {
                assert_eq!(x_ray.to_string().parse().as_ref(), Ok(x_ray));
            }
        }
        Err(reason) => {
            assert!(!reason.kind().as_str().is_empty());
            let text = reason.to_string();
            assert!(is_clean(&text, 1_000), "{text:?}");
            if let InvalidProxyRequest::ConflictingHeader(name) = reason {
                let values = named(name);
                assert!(values.iter().any(|value| *value != values[0]), "{name}");
            }
        }
    }
});

fn is_clean(text: &str, max: usize) -> bool {
    !text.is_empty() && text.len() <= max && !text.chars().any(char::is_control)
}

fn contains(value: &[u8], part: &[u8]) -> bool {
    value.windows(part.len()).any(|window| window == part)
}
