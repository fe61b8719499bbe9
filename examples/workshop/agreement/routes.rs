//! The gateway's counts and the application's metrics, route by route.

use std::collections::BTreeSet;

use crate::route::Route;
use crate::run::Run;

pub(super) fn disagreements(run: &Run) -> Vec<String> {
    let routes: BTreeSet<&Route> = run.counts.keys().chain(run.metrics.by_route.keys()).collect();
    let mut found = Vec::new();
    for route in routes {
        let gateway = run.counts.get(route).map(|figures| figures.integrated()).unwrap_or_default();
        let metrics = run.metrics.by_route.get(route).map(|application| application.tally).unwrap_or_default();
        if gateway != metrics {
            found.push(format!("{route}: the gateway counted {gateway}, the metrics {metrics}"));
        }
    }
    if run.metrics.active != 0 {
        found.push(format!("{} requests are active, though all are answered", run.metrics.active));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::{Application, Tally};

    #[test]
    fn a_route_that_one_side_lacks_is_found() {
        let route = Route { stage: "prod".into(), resource: "/orders".into(), method: "POST".into() };
        let tally = Tally { count: 1, ..Tally::default() };
        let mut run = Run::default();
        assert_eq!(disagreements(&run), [] as [String; 0]);
        run.metrics.by_route.insert(route.clone(), Application { tally, ..Application::default() });
        assert_eq!(disagreements(&run).len(), 1);
        run.counts.entry(route.clone()).or_default().all = tally;
        assert_eq!(disagreements(&run), [] as [String; 0]);
        // Answered by the gateway alone, as it says.
        run.counts.entry(route).or_default().alone = tally;
        assert_eq!(disagreements(&run).len(), 1);
    }

    #[test]
    fn a_request_that_stays_active_is_found() {
        let mut run = Run::default();
        run.metrics.active = 1;
        assert_eq!(disagreements(&run).len(), 1);
    }
}
