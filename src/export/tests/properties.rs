//! Random batches, and batches from several threads.

use std::thread;
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry_sdk::trace::{SpanData, SpanExporter as _};
use proptest::prelude::*;

use super::backend::{Backend, Behaviour};
use super::spans::{app_span, export, id, service_span, span, HOUR};

#[test]
fn threads_neither_lose_nor_duplicate_spans() {
    let backend = Backend::default();
    let exporter = backend.exporter().max_services(3).min_idle_time(Duration::ZERO);
    thread::scope(|scope| {
        for thread in 0..8 {
            let exporter = &exporter;
            scope.spawn(move || {
                for n in 0..100 {
                    let id = 200 * thread + 2 * n;
                    let service = format!("{}.example", (thread + n) % 6);
                    export(exporter, vec![service_span(&service, id), app_span(id + 1)]).expect("exported");
                }
            });
        }
    });
    let ids = backend.by_service().into_values().flatten();
    let mut ids: Vec<_> = ids.collect();
    ids.sort_unstable();
    assert_eq!(ids, (0..1_600).collect::<Vec<_>>());
    assert!(backend.state().most_open <= 4);
}

/// What determines the exporter of a span: number of its service, whether it is a gateway's, number of its region.
type Which = (Option<u8>, bool, Option<u8>);

fn any_span(id: u64, (service, is_gateway, region): Which) -> SpanData {
    let service = service.map(|n| KeyValue::new("service.name", format!("{n}.example")));
    let gateway = is_gateway.then(|| KeyValue::new("_dd.inferred_span", 1));
    let region = region.map(|n| KeyValue::new("cloud.region", format!("region-{n}")));
    span(id, service.into_iter().chain(gateway).chain(region).collect())
}

proptest! {
    #[test]
    fn spans_are_not_lost_duplicated_or_reordered(
        batches in proptest::collection::vec(
            proptest::collection::vec(
                (proptest::option::of(0..5_u8), any::<bool>(), proptest::option::of(0..2_u8)),
                0..30,
            ),
            1..6,
        ),
        max in 0..6_usize,
        idle in proptest::sample::select(vec![Duration::ZERO, HOUR]),
        panicking in proptest::option::of(0..5_u8),
    ) {
        let backend = Backend::default();
        let exporter = backend.exporter().max_services(max).min_idle_time(idle);
        if let Some(n) = panicking {
            backend.set_behaviour(&format!("{n}.example"), Behaviour::PanicsWhenMade);
        }
        let mut sent = Vec::new();
        for batch in &batches {
            let batch: Vec<_> = batch
                .iter()
                .enumerate()
                .map(|(n, which)| any_span((sent.len() + n) as u64, *which))
                .collect();
            sent.extend(batch.clone());
            export(&exporter, batch).expect("exported");
        }
        exporter.shutdown().expect("shut down");

        let records = backend.records();
        let total: usize = records.iter().map(|record| record.spans.len()).sum();
        prop_assert_eq!(total, sent.len());
        prop_assert!(backend.state().most_open <= max + 1 + usize::from(panicking.is_some()));
        prop_assert!(records.iter().all(|record| record.is_dropped));

        // The spans of a service arrive in order: at its own exporters or, beyond the limit, at the application's.
        let mut services: Vec<Which> = batches.concat();
        services.sort_unstable();
        services.dedup();
        for which in services {
            let mine = |span: &&SpanData| span.attributes == any_span(0, which).attributes;
            let sent: Vec<_> = sent.iter().filter(mine).collect();
            let got = |is_app: bool| {
                let records = records.iter().filter(move |r| (r.service() == "app") == is_app);
                records.flat_map(|record| &record.spans).filter(mine).collect::<Vec<_>>()
            };
            let (own, apps) = (got(false), got(true));
            for part in [&own, &apps] {
                prop_assert!(part.windows(2).all(|pair| id(pair[0]) < id(pair[1])));
            }
            let mut all = [own, apps].concat();
            all.sort_unstable_by_key(|span| id(span));
            prop_assert_eq!(all, sent);
        }
        for record in &records {
            for span in &record.spans {
                let name = span.attributes.iter().find(|kv| kv.key.as_str() == "service.name");
                let name = name.map(|kv| kv.value.to_string());
                let service = record.service();
                prop_assert!(service == "app" || Some(service) == name);
            }
        }
    }
}
