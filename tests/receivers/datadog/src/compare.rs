//! The golden requests: ours beside the peers', field by field.

use std::collections::BTreeSet;

use crate::agent::Span;
use crate::differences::Difference;
use crate::golden::{Golden, Replayed, PEERS};
use crate::report::{Fields, Report};
use crate::table;

/// What of the server's span is no business of the framework's.
const OF_SERVERS: [&str; 11] = [
    "service",
    "type",
    "error",
    "parent",
    "trace",
    "meta.env",
    "meta.span.kind",
    "meta.http.method",
    "meta.http.status_code",
    "meta._dd.origin",
    "metrics._sampling_priority_v1",
];

/// A field that isn't the same in ours and a peer's.
struct Differing<'a> {
    field: String,
    ours: Option<&'a str>,
    theirs: Option<&'a str>,
}

struct Comparison {
    known: Vec<Difference>,
    used: BTreeSet<usize>,
    rows: Vec<[String; 6]>,
    /// Why requests differ, in the order in which that came up; a note's number is its place here.
    notes: Vec<Note>,
    faults: Vec<String>,
}

struct Note {
    reason: &'static str,
    fields: BTreeSet<&'static str>,
}

/// Prints how ours compares, with a table or only the faults: whether every difference is known and every known one is
/// there.
pub fn check(golden: &Golden, replayed: &[Replayed], spans: &[Span], with_table: bool) -> bool {
    let mut comparison = Comparison {
        known: Difference::read_all(),
        used: BTreeSet::new(),
        rows: Vec::new(),
        notes: Vec::new(),
        faults: Vec::new(),
    };
    for request in replayed {
        match Report::of(request, spans) {
            Ok(ours) => comparison.add(golden, &request.id, &ours),
            Err(fault) => comparison.faults.push(format!("{}: {fault}", request.id)),
        }
    }
    comparison.blame_unused();
    if with_table {
        comparison.print_table();
    }
    comparison.print_faults();
    comparison.faults.is_empty()
}

impl Comparison {
    fn add(&mut self, golden: &Golden, case: &str, ours: &Report) {
        let theirs = golden.peer_reports(case);
        let [js, py] = theirs.each_ref().map(summary);
        let [against_js, against_py] = [0, 1].map(|peer| self.verdict(case, PEERS[peer], ours, &theirs[peer]));
        let case = case.to_owned();
        self.rows.push([case, js, py, summary(ours), against_js, against_py]);
    }

    /// How ours compares with a peer's, in a word or two.
    fn verdict(&mut self, case: &str, peer: &str, ours: &Report, theirs: &Report) -> String {
        let mut notes = BTreeSet::new();
        let faults = self.faults.len();
        for Differing { field, ours, theirs } in differing(ours, theirs) {
            let is = |known: &Difference| known.is(case, peer, &field, ours, theirs);
            match self.known.iter().position(is) {
                Some(at) => {
                    self.used.insert(at);
                    notes.extend(self.note(at));
                }
                None => self.faults.push(format!(
                    "{case}: {field} is {} with us, {} with {peer}",
                    ours.unwrap_or("absent"),
                    theirs.unwrap_or("absent")
                )),
            }
        }
        let notes: Vec<String> = notes.iter().map(|note| format!("[{note}]")).collect();
        match (self.faults.len() > faults, notes.is_empty()) {
            (true, _) => "DIFFERENT".to_owned(),
            (false, true) => "equal".to_owned(),
            (false, false) => format!("equal but for {}", notes.join(" ")),
        }
    }

    /// The number of the note on a known difference, unless that tells of the tracer.
    fn note(&mut self, at: usize) -> Option<usize> {
        let Difference { field, reason, is_of_tracer: false, .. } = self.known[at] else {
            return None;
        };
        let known = self.notes.iter().position(|note| note.reason == reason);
        let number = known.unwrap_or(self.notes.len());
        if known.is_none() {
            let fields = BTreeSet::new();
            self.notes.push(Note { reason, fields });
        }
        self.notes[number].fields.insert(field);
        Some(number + 1)
    }

    fn blame_unused(&mut self) {
        let known = self.known.iter().enumerate();
        let unused = known.filter(|(at, _)| !self.used.contains(at));
        let unused = unused.map(|(_, difference)| format!("no such difference: {difference:?}"));
        self.faults.extend(unused);
    }

    fn print_table(&self) {
        let head = ["case", "js", "py", "ours", "ours and js", "ours and py"];
        table::print(&head.map(str::to_owned), &self.rows);
        println!();
        for (at, note) in self.notes.iter().enumerate() {
            println!("[{}] {}: {}", at + 1, list(&note.fields), note.reason);
        }
        println!("\nBeside these, in the spans of all requests:");
        for note in self.of_tracers() {
            println!("- {}: {}", list(&note.fields), note.reason);
        }
        println!();
    }

    fn print_faults(&self) {
        for fault in &self.faults {
            println!("FAULT: {fault}");
        }
        let (requests, faults) = (self.rows.len(), self.faults.len());
        println!("golden requests: {requests} compared, {faults} faults");
    }

    fn of_tracers(&self) -> Vec<Note> {
        let mut notes: Vec<Note> = Vec::new();
        for difference in self.known.iter().filter(|known| known.is_of_tracer) {
            match notes.last_mut() {
                Some(note) if note.reason == difference.reason => {
                    note.fields.insert(difference.field);
                }
                _ => notes.push(Note { reason: difference.reason, fields: BTreeSet::from([difference.field]) }),
            }
        }
        notes
    }
}

fn list(fields: &BTreeSet<&str>) -> String {
    Vec::from_iter(fields.iter().copied()).join(", ")
}

fn differing<'a>(ours: &'a Report, theirs: &'a Report) -> Vec<Differing<'a>> {
    let gateway = match (&ours.gateway, &theirs.gateway) {
        (Some(ours), Some(theirs)) => {
            let names: BTreeSet<&str> = names(ours).chain(names(theirs)).collect();
            differing_in(names, "", ours, theirs).collect()
        }
        (None, None) => Vec::new(),
        // If only one of us has the span, that is all there is to say of it.
        (ours, theirs) => {
            let there = |span: &Option<Fields>| span.as_ref().map(|_| "there");
            vec![Differing { field: "span".to_owned(), ours: there(ours), theirs: there(theirs) }]
        }
    };
    let server = differing_in(OF_SERVERS, "server.", &ours.server, &theirs.server);
    gateway.into_iter().chain(server).collect()
}

fn differing_in<'a>(
    names: impl IntoIterator<Item = &'a str>,
    prefix: &'a str,
    ours: &'a Fields,
    theirs: &'a Fields,
) -> impl Iterator<Item = Differing<'a>> {
    let fields = names.into_iter().map(move |name| Differing {
        field: format!("{prefix}{name}"),
        ours: ours.get(name).map(String::as_str),
        theirs: theirs.get(name).map(String::as_str),
    });
    fields.filter(|field| field.ours != field.theirs)
}

fn names(fields: &Fields) -> impl Iterator<Item = &str> {
    fields.keys().map(String::as_str)
}

/// The gateway's span, its status, the trace's sampling priority.
fn summary(report: &Report) -> String {
    fn field<'a>(fields: &'a Fields, name: &str) -> &'a str {
        fields.get(name).map_or("-", String::as_str)
    }
    let first = report.gateway.as_ref().unwrap_or(&report.server);
    let priority = field(first, "metrics._sampling_priority_v1");
    match &report.gateway {
        None => format!("no span, priority {priority}"),
        Some(gateway) => {
            let [name, status] = ["name", "meta.http.status_code"].map(|name| field(gateway, name));
            format!("{name} {status}, priority {priority}")
        }
    }
}
