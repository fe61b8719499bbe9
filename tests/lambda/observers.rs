//! Metrics and the access log see these exchanges like all others.

use std::time::Duration;

use serde_json::json;
use support::log::Buffer;
use support::metrics::Meters;
use support::spans::{now_ms, Recorder};
use tracing_subscriber::layer::SubscriberExt as _;

use crate::api::Invocation;
use crate::events;
use crate::functions::{forms, Place};
use crate::kinds::layer;
use crate::process::run;

#[tokio::test]
async fn the_access_log_has_a_line_an_event() {
    let recorder = Recorder::new();
    let layer = layer(&recorder).access_log(true);
    for form in forms().filter(|form| !form.has_function_span) {
        let buffer = Buffer::default();
        let writer = buffer.clone();
        let json = apigateway_inferred_span::access_log::json_with_writer(move || writer.clone());
        let _subscriber = tracing::subscriber::set_default(tracing_subscriber::registry().with(json));
        let time = now_ms() - 20;
        form.run(&recorder.provider, &layer, vec![Invocation::of(&events::rest(time))]).await;
        let text = buffer.take();
        let lines: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let [line] = &lines[..] else { panic!("{form:?}: {text}") };
        assert_eq!(line["requestId"], "deef4878-7910-11e6-8f14-25afc3e9ae33", "{text}");
        assert_eq!(
            (&line["apiId"], &line["stage"], &line["path"]),
            (&json!("a1b2c3d4e5"), &json!("prod"), &json!("/prod/users/42"))
        );
        assert_eq!(line["requestTimeEpoch"], time);
        let is_seen = form.place != Place::Runtime;
        assert_eq!(line["status"], if is_seen { json!(200) } else { json!(null) }, "{form:?}: {text}");
        assert_eq!(line["responseLength"], if is_seen { "5" } else { "0" }, "{form:?}: {text}");
    }
}

#[test]
fn cold_starts_are_told_apart_in_the_overhead() {
    for place in ["Router", "Runtime", "Both"] {
        run("observers::program", &[("PLACE", place)]);
    }
}

/// Three events in a process of their own, of which the first has waited for its start.
#[tokio::test]
#[ignore = "started by another test"]
#[allow(clippy::disallowed_methods)]
async fn program() {
    let Ok(place) = std::env::var("PLACE") else { return };
    let form = forms().find(|form| format!("{:?}", form.place) == place).expect("a form");
    let recorder = Recorder::new();
    let meters = Meters::new();
    let layer = layer(&recorder).meter_provider(&meters.provider);
    let events = (0..3).map(|number| Invocation::of(&events::http(now_ms() - 100 - number))).collect();
    form.run(&recorder.provider, &layer, events).await;
    let mut overhead = meters.read_one("inferred_gateway.overhead.duration");
    overhead.sort_by_key(|point| point.count);
    let found: Vec<_> = overhead.iter().map(|point| (point.count, &point.attributes["faas.coldstart"])).collect();
    assert_eq!(found, [(1, &json!(true)), (2, &json!(false))]);
    for point in &overhead {
        assert_eq!(point.attributes["server.address"], "api.example.com");
        assert!(point.sum >= Duration::from_millis(90).as_secs_f64() * point.count as f64, "{point:?}");
    }
    for metric in ["inferred_gateway.request.duration", "inferred_gateway.integration.duration"] {
        let points = meters.read_one(metric);
        assert_eq!(points.iter().map(|point| point.count).sum::<u64>(), 3, "{metric}");
        assert!(points.iter().all(|point| point.attributes.get("faas.coldstart").is_none()), "{metric}");
    }
    let active = meters.read_one("inferred_gateway.active_requests");
    assert!(active.iter().all(|point| point.sum == 0.0), "{active:?}");
}
