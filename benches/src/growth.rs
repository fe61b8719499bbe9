//! How the cost grows.
//!
//! | series | grows |
//! |---|---|
//! | `N headers` | headers of the request beside the gateway's, 5 to 100; with and without the gateway's |
//! | `path of N bytes` | the longest value, up to the limit of 8 KiB and beyond |
//! | `domain of N bytes` | a value that becomes three attributes, up to the limit of 2 KiB and beyond |
//! | `N different domains` | services, of which the layer remembers the first hundred |

use std::cell::Cell;

use http::{HeaderMap, HeaderName, HeaderValue, Request};
use opentelemetry_sdk::trace::SdkTracerProvider;
use tower_layer::Layer as _;

use crate::cases::{Case, NOTHING};
use crate::drive::Bare;
use crate::ours::layer;
use crate::requests::{copies, Body, Kind};

const HEADERS: [usize; 5] = [5, 12, 25, 50, 100];
const PATHS: [usize; 5] = [16, 256, 2_048, 8_192, 8_193];
const DOMAINS: [usize; 5] = [16, 256, 1_024, 2_048, 2_049];
/// No more than a run has requests.
const DISTINCT: [usize; 4] = [1, 10, 100, 400];

/// Each case comes after the one of the bare service that it is over.
pub fn cases(provider: &SdkTracerProvider) -> Vec<Case> {
    let mut cases = Vec::new();
    for count in HEADERS {
        let name = format!("no gateway headers, {count} headers");
        cases.extend(pair(
            provider,
            name,
            copies(with_others(Kind::Plain, count)),
        ));
    }
    for count in HEADERS {
        let name = format!("sampled, {count} headers");
        cases.extend(pair(
            provider,
            name,
            copies(with_others(Kind::Gateway, count)),
        ));
    }
    for length in PATHS {
        let path = "/".to_owned() + &"p".repeat(length - 1);
        let name = format!("sampled, path of {length} bytes");
        cases.extend(pair(provider, name, copies(with("x-dd-proxy-path", path))));
    }
    for length in DOMAINS {
        let name = format!("sampled, domain of {length} bytes");
        let request = with("x-dd-proxy-domain-name", "d".repeat(length));
        cases.extend(pair(provider, name, copies(request)));
    }
    for count in DISTINCT {
        let name = format!("sampled, {count} different domains");
        cases.extend(pair(provider, name, distinct_domains(count)));
    }
    cases
}

fn pair(
    provider: &SdkTracerProvider,
    name: String,
    requests: impl Fn() -> Request<Body> + Clone + 'static,
) -> [Case; 2] {
    let bare = format!("bare: {name}");
    [
        Case::tower(bare.clone(), NOTHING, Bare, requests.clone()),
        Case::tower(name, bare, layer(provider).layer(Bare), requests),
    ]
}

/// The gateway's headers, if it has any, and `count` others.
fn with_others(kind: Kind, count: usize) -> Request<Body> {
    let mut request = kind.request();
    let headers = request.headers_mut();
    let ours: Vec<_> = headers
        .iter()
        .filter(|(name, _)| name.as_str().starts_with("x-dd-proxy"))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let others: Vec<_> = headers
        .iter()
        .filter(|(name, _)| !name.as_str().starts_with("x-dd-proxy"))
        .map(|(name, value)| (name.clone(), value.clone()))
        .take(count)
        .collect();
    let missing = (others.len()..count).map(|number| {
        let name = format!("x-custom-{number}").parse::<HeaderName>();
        (
            name.expect("a name"),
            HeaderValue::from_static("some value"),
        )
    });
    *headers = HeaderMap::from_iter(others.iter().cloned().chain(missing).chain(ours));
    request
}

fn with(name: &'static str, value: String) -> Request<Body> {
    let mut request = Kind::Gateway.request();
    let value = HeaderValue::try_from(value).expect("a value");
    request.headers_mut().insert(name, value);
    request
}

/// As long as each other, whatever their number.
fn distinct_domains(count: usize) -> impl Fn() -> Request<Body> + Clone {
    let next = Cell::new(0);
    let requests = copies(Kind::Gateway.request());
    move || {
        let mut request = requests();
        let domain = format!("api-{:04}.example.com", next.get() % count);
        next.set(next.get() + 1);
        let value = HeaderValue::try_from(domain).expect("a value");
        request
            .headers_mut()
            .insert("x-dd-proxy-domain-name", value);
        request
    }
}
