//! What a sampler sees, and that its decision holds.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Empty;
use opentelemetry::trace::{Link, SpanKind, TraceContextExt, TraceId, TraceState};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{SamplingDecision, SamplingResult, ShouldSample};
use tower::{service_fn, Layer, ServiceExt};

use support::requests::RequestBuilder;
use support::spans::Recorder;

/// Drops health checks, and remembers what it was asked.
#[derive(Clone, Debug, Default)]
struct NoHealthChecks(Arc<Mutex<Vec<BTreeMap<String, String>>>>);

impl ShouldSample for NoHealthChecks {
    fn should_sample(
        &self,
        _: Option<&Context>,
        _: TraceId,
        name: &str,
        kind: &SpanKind,
        attributes: &[KeyValue],
        _: &[Link],
    ) -> SamplingResult {
        let mut seen: BTreeMap<_, _> =
            attributes.iter().map(|attribute| (attribute.key.to_string(), attribute.value.to_string())).collect();
        seen.insert("name".to_owned(), name.to_owned());
        seen.insert("kind".to_owned(), format!("{kind:?}"));
        let is_health = seen.get("http.route").is_some_and(|route| route == "/health");
        self.0.lock().unwrap().push(seen);
        SamplingResult {
            decision: match is_health {
                true => SamplingDecision::Drop,
                false => SamplingDecision::RecordAndSample,
            },
            attributes: Vec::new(),
            trace_state: TraceState::NONE,
        }
    }
}

#[tokio::test]
async fn a_sampler_sees_the_attributes_and_decides_for_all() {
    let sampler = NoHealthChecks::default();
    let mut recorder = Recorder::with(|builder| builder.with_sampler(sampler.clone()));
    let service = recorder.layer().layer(service_fn(|_: Request<()>| async {
        let context = Context::current();
        let mut response = Response::new(Empty::<Bytes>::new());
        let sampled = context.span().span_context().is_sampled().to_string();
        response.headers_mut().insert("x-sampled", sampled.parse().unwrap());
        Ok::<_, Infallible>(response)
    }));
    for (route, sampled) in [("/users/{id}", "true"), ("/health", "false")] {
        let request = RequestBuilder::documented().and("x-dd-proxy-resource-path", route);
        let response = service.clone().oneshot(request.body(())).await.unwrap();
        assert_eq!(response.headers()["x-sampled"], sampled);
        drop(response);
        assert_eq!(recorder.ended().len(), usize::from(sampled == "true"));

        let seen = sampler.0.lock().unwrap().pop().expect("asked");
        assert_eq!(seen["name"], "aws.apigateway");
        assert_eq!(seen["kind"], "Server");
        assert_eq!(seen["service.name"], "api.example.com");
        assert_eq!(seen["resource.name"], format!("GET {route}"));
        assert_eq!(seen["http.route"], route);
    }
}
