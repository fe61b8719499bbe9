//! Our spans next to those of other tracers, field by field.

use std::collections::{BTreeMap, BTreeSet};

use crate::differences::{Difference, View};
use crate::golden::{Golden, Tracer};
use crate::report::Fields;
use crate::Report;

/// How our spans compare with those of other tracers.
pub struct Comparison<'a> {
    golden: &'a Golden,
    view: View,
    found: Vec<Known<'a>>,
    rows: Vec<Vec<String>>,
    /// Differences that aren't listed, listed ones that weren't found, and requests without a report.
    pub faults: Vec<String>,
}

/// A listed difference that was found.
struct Known<'a> {
    /// The index of its reason.
    reason: usize,
    difference: &'a Difference,
    /// The tracer and the request.
    place: (&'a str, &'a str),
}

impl Golden {
    /// Compares our reports, by the request's id, with those of every other tracer.
    pub fn compare(&self, view: View, ours: &BTreeMap<&str, Result<Report, String>>) -> Comparison<'_> {
        let mut comparison = Comparison { golden: self, view, found: Vec::new(), rows: Vec::new(), faults: Vec::new() };
        for request in &self.requests {
            match ours.get(&*request.id) {
                Some(Ok(ours)) => comparison.add(&request.id, ours),
                Some(Err(fault)) => comparison.faults.push(format!("{}: {fault}", request.id)),
                None => comparison.faults.push(format!("{}: no report", request.id)),
            }
        }
        comparison.add_stale();
        comparison
    }
}

impl<'a> Comparison<'a> {
    /// A head and a row for each request: what each tracer and we report, and how ours compares with each.
    pub fn table(&self) -> Vec<Vec<String>> {
        let tracers = || self.golden.tracers.iter().map(|tracer| tracer.name.to_owned());
        let verdicts = tracers().map(|name| format!("ours and {name}"));
        let head = ["request".to_owned()].into_iter().chain(tracers()).chain(["ours".to_owned()]).chain(verdicts);
        [head.collect()].into_iter().chain(self.rows.iter().cloned()).collect()
    }

    /// The reasons of the differences found, a line each: the numbered ones of the table, then those of all requests.
    pub fn reasons(&self) -> Vec<String> {
        let lines = self.golden.reasons.iter().enumerate().filter_map(|(at, reason)| {
            let found = self.found.iter().filter(|known| known.reason == at);
            let fields: BTreeSet<&str> = found.map(|known| known.difference.field.as_str()).collect();
            let mark = if reason.is_general() { "[-]".to_owned() } else { format!("[{}]", at + 1) };
            let fields = Vec::from_iter(fields).join(", ");
            (!fields.is_empty()).then(|| format!("{mark} {fields}: {} ({:?})", reason.reason, reason.cause))
        });
        lines.collect()
    }

    fn add(&mut self, request: &'a str, ours: &Report) {
        let golden = self.golden;
        let theirs: Vec<&Report> = golden.tracers.iter().map(|tracer| &tracer.reports[request]).collect();
        let mut row = vec![request.to_owned()];
        row.extend(theirs.iter().copied().chain([ours]).map(summary));
        row.extend(golden.tracers.iter().map(|tracer| self.verdict(request, ours, tracer)));
        self.rows.push(row);
    }

    /// How ours compares with another tracer's, in a word or two.
    fn verdict(&mut self, request: &'a str, ours: &Report, tracer: &'a Tracer) -> String {
        let (mut marks, faults) = (BTreeSet::new(), self.faults.len());
        let tracer_name = tracer.name;
        for (field, ours, theirs) in differing(self.view, ours, &tracer.reports[request]) {
            let is = |(_, known): &(usize, &Difference)| known.is(tracer_name, request, &field, ours, theirs);
            let Some((reason, difference)) = self.known().find(is) else {
                let [ours, theirs] = [ours, theirs].map(|value| value.unwrap_or("absent"));
                self.faults.push(format!("{request}: {field} is {ours} in ours, {theirs} in {tracer_name}'s"));
                continue;
            };
            self.found.push(Known { reason, difference, place: (tracer_name, request) });
            if !self.golden.reasons[reason].is_general() {
                marks.insert(reason + 1);
            }
        }
        let marks: Vec<String> = marks.iter().map(|mark| format!("[{mark}]")).collect();
        match (self.faults.len() > faults, marks.is_empty()) {
            (true, _) => "DIFFERENT".to_owned(),
            (false, true) => "equal".to_owned(),
            (false, false) => format!("equal but for {}", marks.join(" ")),
        }
    }

    /// The listed differences in this view, each with the index of its reason.
    fn known(&self) -> impl Iterator<Item = (usize, &'a Difference)> {
        let (golden, view) = (self.golden, self.view);
        let reasons = golden.reasons.iter().enumerate();
        let all = reasons.flat_map(|(at, reason)| reason.differences.iter().map(move |difference| (at, difference)));
        all.filter(move |(_, difference)| difference.is_in(view))
    }

    fn add_stale(&mut self) {
        for (_, difference) in self.known() {
            let found = self.found.iter().filter(|known| std::ptr::eq(known.difference, difference));
            let places: Vec<_> = found.map(|known| known.place).collect();
            if !difference.is_everywhere(&places, self.golden.tracers.len()) {
                self.faults.push(format!("expected {difference:?}, found that only in {places:?}"));
            }
        }
    }
}

type Differing<'a> = (String, Option<&'a str>, Option<&'a str>);

fn differing<'a>(view: View, ours: &'a Report, theirs: &'a Report) -> Vec<Differing<'a>> {
    let of_server = |name: &str| view.server_fields().contains(&name);
    let mut all = differing_in("", |_| true, &ours.gateway, &theirs.gateway);
    all.extend(differing_in("server.", of_server, &ours.server, &theirs.server));
    all
}

/// The field's name, and what it says in either span.
fn differing_in<'a>(
    prefix: &str,
    is_compared: impl Fn(&str) -> bool,
    ours: &'a Option<Fields>,
    theirs: &'a Option<Fields>,
) -> Vec<Differing<'a>> {
    let (ours, theirs) = match (ours, theirs) {
        (Some(ours), Some(theirs)) => (ours, theirs),
        (None, None) => return Vec::new(),
        // If only one of them has the span, its fields say no more than that.
        (ours, theirs) => {
            let there = |span: &Option<Fields>| span.as_ref().map(|_| "there");
            return vec![(format!("{prefix}span"), there(ours), there(theirs))];
        }
    };
    let names: BTreeSet<&str> = ours.keys().chain(theirs.keys()).map(String::as_str).collect();
    let compared = names.into_iter().filter(|name| is_compared(name));
    let fields = compared.map(|name| (name, ours.get(name), theirs.get(name)));
    let differing = fields.filter(|(_, ours, theirs)| ours != theirs);
    let text = |value: Option<&'a String>| value.map(String::as_str);
    differing.map(|(name, ours, theirs)| (format!("{prefix}{name}"), text(ours), text(theirs))).collect()
}

/// The gateway's span, its status, the trace's sampling priority.
fn summary(report: &Report) -> String {
    let first = report.gateway.as_ref().or(report.server.as_ref());
    let field = |name: &str| first.and_then(|span| span.get(name)).map_or("-", String::as_str);
    let priority = field("metrics._sampling_priority_v1");
    match &report.gateway {
        None => format!("no span, priority {priority}"),
        Some(_) => format!("{} {}, priority {priority}", field("name"), field("meta.http.status_code")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{json, Value};

    use super::*;

    /// Two requests, of which two tracers report the same.
    fn golden(differences: &Value) -> Golden {
        let request = |id| json!({"id": id, "method": "GET", "path": "/", "headers": []});
        let requests = json!([request("one"), request("two")]);
        let reasons = json!([{"reason": "a reason", "cause": "our-choice", "differences": differences}]);
        let tracer = |name| Tracer { name, reports: ["one", "two"].map(|id| (id.to_owned(), report("prod"))).into() };
        Golden {
            requests: serde_json::from_value(requests).unwrap(),
            tracers: vec![tracer("js"), tracer("py")],
            reasons: serde_json::from_value(reasons).unwrap(),
        }
    }

    fn report(stage: &str) -> Report {
        let span = |kind: &str| [("meta.stage", stage), ("parent", kind)].map(|(k, v)| (k.to_owned(), v.to_owned()));
        Report { gateway: Some(span("none").into()), server: Some(span("the gateway's").into()) }
    }

    fn faults(differences: &Value, one: Report, two: Report) -> Vec<String> {
        golden(differences).compare(View::Otlp, &[("one", Ok(one)), ("two", Ok(two))].into()).faults
    }

    #[test]
    fn unlisted_difference_is_a_fault() {
        let expected = ["js", "py"].map(|tracer| format!("two: meta.stage is test in ours, prod in {tracer}'s"));
        assert_eq!(faults(&json!([]), report("prod"), report("test")), expected);
        assert_eq!(faults(&json!([]), report("prod"), report("prod")), [""; 0]);
    }

    #[test]
    fn difference_is_listed_where_and_as_it_says() {
        // What is listed in addition to the field, and the number of faults.
        for (listed, count) in [
            (json!({"ours": "test", "theirs": "prod"}), 0),
            (json!({"ours": "*", "theirs": "*"}), 0),
            (json!({"ours": "test", "theirs": "prod", "requests": ["two"], "tracers": ["js", "py"]}), 0),
            (json!({"ours": "test", "theirs": "prod", "view": "otlp"}), 0),
            // Two that aren't listed; in another view, what is listed can't be stale.
            (json!({"ours": "test", "theirs": "prod", "view": "native"}), 2),
            // Two that aren't listed, and a stale one.
            (json!({"ours": "beta", "theirs": "prod"}), 3),
            (json!({"ours": "test"}), 3),
            (json!({"ours": "test", "theirs": "prod", "requests": ["one"]}), 3),
            // One that isn't listed.
            (json!({"ours": "test", "theirs": "prod", "tracers": ["js"]}), 1),
            // A stale one: not in request one, no tracer rb.
            (json!({"ours": "test", "theirs": "prod", "requests": ["one", "two"]}), 1),
            (json!({"ours": "test", "theirs": "prod", "tracers": ["js", "py", "rb"]}), 1),
        ] {
            let mut differences = json!([listed]);
            differences[0]["field"] = json!("meta.stage");
            let faults = faults(&differences, report("prod"), report("test"));
            assert_eq!(faults.len(), count, "{differences}: {faults:?}");
        }
    }

    #[test]
    fn listed_difference_that_is_not_found_is_a_fault() {
        let listed = json!([{"field": "meta.stage", "ours": "test", "theirs": "prod", "tracers": ["py"]}]);
        let faults = faults(&listed, report("prod"), report("prod"));
        assert!(faults.len() == 1 && faults[0].ends_with("found that only in []"), "{faults:?}");
    }

    #[test]
    fn missing_span_is_one_difference() {
        let without_gateway = || Report { gateway: None, ..report("prod") };
        let expected = ["js", "py"].map(|tracer| format!("one: span is absent in ours, there in {tracer}'s"));
        assert_eq!(faults(&json!([]), without_gateway(), report("prod")), expected);
        let listed = json!([{"field": "span", "theirs": "there", "requests": ["one"]}]);
        assert_eq!(faults(&listed, without_gateway(), report("prod")), [""; 0]);
    }

    #[test]
    fn request_without_a_report_is_a_fault() {
        let reports = [("one", Err("two spans".to_owned()))].into();
        assert_eq!(golden(&json!([])).compare(View::Otlp, &reports).faults, ["one: two spans", "two: no report"]);
    }

    #[test]
    fn table_marks_what_differs() {
        let golden = golden(
            &json!([{"field": "meta.stage", "ours": "*", "theirs": "*", "requests": ["two"], "tracers": ["py"]}]),
        );
        let comparison = golden.compare(View::Otlp, &[("one", Ok(report("prod"))), ("two", Ok(report("test")))].into());
        let verdicts: Vec<_> = comparison.table().into_iter().map(|row| row[4..].join(" | ")).collect();
        assert_eq!(verdicts, ["ours and js | ours and py", "equal | equal", "DIFFERENT | equal but for [1]"]);
        assert_eq!(comparison.reasons(), ["[1] meta.stage: a reason (OurChoice)"]);
    }
}
