//! Sums over all routes, from every source that can know them.

use opentelemetry_sdk::trace::SpanData;

use crate::common::span;
use crate::figures::Tally;
use crate::logs::Line;
use crate::run::{is_timeout, Run};

/// Where a number of requests comes from.
pub(crate) const SOURCES: [&str; 6] =
    ["the client", "the gateway's counts", "the gateway's log", "the metrics", "the application's log", "the spans"];

/// A number of requests, according to each source. `None` if the source can't know it.
#[derive(Debug)]
pub(crate) struct Sum {
    pub(crate) of: &'static str,
    pub(crate) by: [Option<u64>; 6],
}

impl Sum {
    pub(crate) fn disagreement(&self) -> Option<String> {
        let mut known = self.by.iter().flatten();
        let first = known.next()?;
        if known.all(|count| count == first) {
            return None;
        }
        let said = SOURCES.iter().zip(self.by).filter_map(|(source, count)| Some(format!("{source}: {}", count?)));
        Some(format!("{}: {}", self.of.trim(), said.collect::<Vec<_>>().join(", ")))
    }
}

pub(crate) fn sums(run: &Run) -> Vec<Sum> {
    let (mut all, mut integrated, mut metrics) = (Tally::default(), Tally::default(), Tally::default());
    for figures in run.counts.values() {
        all = all.with(figures.all);
        integrated = integrated.with(figures.integrated());
    }
    for application in run.metrics.by_route.values() {
        metrics = metrics.with(application.tally);
    }
    let alone = all.without(integrated);
    let gateway_log = tally(run.logs.both.iter().map(|pair| &pair.gateway));
    let application_log = tally(run.application_lines());
    let integrated_sum = |of, count: fn(&Tally) -> u64| {
        let [counts, log, metrics, ours] = [&integrated, &gateway_log, &metrics, &application_log].map(count);
        Sum { of, by: [None, Some(counts), Some(log), Some(metrics), Some(ours), None] }
    };

    let sampled = tally(run.application_lines().filter(|line| run.is_sampled(line)));
    let spans = tally_of_spans(run.gateway_spans());
    let unsampled = application_log.count - sampled.count;
    let sampled_sum = |of, count: fn(&Tally) -> u64| Sum {
        of,
        by: [None, None, None, None, Some(count(&sampled)), Some(count(&spans))],
    };

    let answered = run.sent.statuses.values().sum::<usize>() as u64;
    let (lines, alone_lines) = (run.gateway_lines().count() as u64, run.logs.gateway_only.len() as u64);
    vec![
        Sum { of: "answered", by: [Some(answered), Some(all.count), Some(lines), None, None, None] },
        Sum { of: "  by the gateway alone", by: [None, Some(alone.count), Some(alone_lines), None, None, None] },
        integrated_sum("  with the application", |tally| tally.count),
        integrated_sum("    4xx", |tally| tally.client_errors),
        integrated_sum("    5xx", |tally| tally.server_errors),
        integrated_sum("      timeouts", |tally| tally.timeouts),
        Sum {
            of: "    not sampled",
            by: [Some(run.sent.unsampled.len() as u64), None, None, None, Some(unsampled), None],
        },
        sampled_sum("    sampled", |tally| tally.count),
        sampled_sum("      5xx", |tally| tally.server_errors),
        sampled_sum("      timeouts", |tally| tally.timeouts),
    ]
}

fn tally<'a>(lines: impl Iterator<Item = &'a Line>) -> Tally {
    let mut tally = Tally::default();
    for line in lines {
        let status = line.status.and_then(|status| u16::try_from(status).ok());
        tally.add(status.unwrap_or_default(), line.is_timeout(), 1);
    }
    tally
}

fn tally_of_spans<'a>(spans: impl Iterator<Item = &'a SpanData>) -> Tally {
    let mut tally = Tally::default();
    for span in spans {
        let status = span::outcome(span).parse().unwrap_or_default();
        tally.add(status, is_timeout(span), 1);
    }
    tally
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_that_cannot_know_are_left_out() {
        let sum = |by| Sum { of: "timeouts", by }.disagreement();
        assert_eq!(sum([None, Some(3), Some(3), None, Some(3), None]), None);
        assert_eq!(sum([None; 6]), None);
        assert_eq!(
            sum([None, Some(3), None, None, Some(2), Some(3)]).as_deref(),
            Some("timeouts: the gateway's counts: 3, the application's log: 2, the spans: 3")
        );
    }
}
