//! Where our spans differ from the peers': what `differences.txt` says.

use crate::golden::PEERS;

/// A field that one of us has and the other hasn't, or that says something else.
#[derive(Debug)]
pub struct Difference {
    /// `None`: in every request.
    case: Option<&'static str>,
    peer: &'static str,
    pub field: &'static str,
    ours: &'static str,
    theirs: &'static str,
    pub reason: &'static str,
    /// It tells of the tracers, and not of the request.
    pub is_of_tracer: bool,
}

impl Difference {
    pub fn read_all() -> Vec<Self> {
        let (mut all, mut reason, mut is_of_tracer) = (Vec::new(), "", None);
        for line in include_str!("differences.txt").lines() {
            match (line, is_of_tracer) {
                ("= of the request", _) => is_of_tracer = Some(false),
                ("= of the tracer", _) => is_of_tracer = Some(true),
                (_, None) | ("", _) => {}
                (line, Some(is_of_tracer)) => match line.strip_prefix("# ") {
                    Some(text) => reason = text,
                    None => all.extend(Self::read(line, reason, is_of_tracer)),
                },
            }
        }
        all
    }

    /// One for each request and peer that the line names.
    fn read(line: &'static str, reason: &'static str, is_of_tracer: bool) -> impl Iterator<Item = Self> {
        let cells: Vec<&str> = line.split(" | ").collect();
        let [cases, peers, field, ours, theirs] = cells[..] else {
            panic!("expected five cells, found {line:?}");
        };
        let cases = cases.split(' ').map(|case| (case != "every").then_some(case));
        cases.flat_map(move |case| {
            peers.split(' ').map(move |peer| {
                assert!(PEERS.contains(&peer), "no such peer: {peer:?}");
                Self { case, peer, field, ours, theirs, reason, is_of_tracer }
            })
        })
    }

    pub fn is(&self, case: &str, peer: &str, field: &str, ours: Option<&str>, theirs: Option<&str>) -> bool {
        self.case.is_none_or(|known| known == case)
            && self.peer == peer
            && self.field == field
            && says(self.ours, ours)
            && says(self.theirs, theirs)
    }
}

fn says(expected: &str, found: Option<&str>) -> bool {
    match expected {
        "-" => found.is_none(),
        "*" => found.is_some(),
        expected => found == Some(expected),
    }
}
