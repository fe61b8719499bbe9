//! What is said of a document once it has been examined. It holds nothing of the document's tree.

use std::path::PathBuf;

use crate::change::Made;
use crate::dialect::display;
use crate::edit::NewText;
use crate::find::{Integration, Kind, LeftAlone, Standing};
use crate::judge::Verdict;
use crate::table::{Api, Class};
use crate::text::Text;
use crate::tree::Piece;

#[derive(Debug)]
pub(crate) struct Examined {
    pub(crate) path: PathBuf,
    pub(crate) kind: Kind,
    pub(crate) findings: Vec<Finding>,
    pub(crate) skipped: Vec<Skipped>,
    pub(crate) without_region: usize,
    pub(crate) deployment: Option<&'static str>,
    /// The patterns of `--exclude` that match a URI.
    pub(crate) matched: Vec<String>,
    /// The text as it was, if it changes.
    pub(crate) old_text: Option<Text>,
    pub(crate) new_text: Option<NewText>,
}

/// An integration that reaches an application. Lines count from 1.
#[derive(Debug)]
pub(crate) struct Finding {
    pub(crate) name: String,
    pub(crate) line: usize,
    pub(crate) api: Api,
    pub(crate) uri: String,
    pub(crate) host: String,
    pub(crate) missing: Vec<(&'static str, Class)>,
    pub(crate) added: Vec<&'static str>,
    pub(crate) wrong: Vec<WrongHeader>,
    pub(crate) paths: Vec<String>,
    pub(crate) notes: Vec<String>,
    fails: bool,
    fails_strictly: bool,
}

#[derive(Debug)]
pub(crate) struct WrongHeader {
    pub(crate) name: &'static str,
    pub(crate) class: Class,
    pub(crate) line: usize,
    pub(crate) what: String,
    pub(crate) replaced: bool,
    /// Whether `--replace` would put it right.
    pub(crate) replaceable: bool,
}

/// What gets no headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Skipped {
    pub(crate) line: usize,
    pub(crate) name: String,
    pub(crate) reason: String,
    pub(crate) standing: Standing,
}

impl Examined {
    /// What gets no headers, for reasons of one standing.
    pub(crate) fn skipped(&self, standing: Standing) -> impl Iterator<Item = &Skipped> {
        self.skipped.iter().filter(move |skipped| skipped.standing == standing)
    }

    /// Whether `check` fails for it.
    pub(crate) fn fails(&self, strict: bool) -> bool {
        let not_checked = strict && self.skipped(Standing::NotChecked).next().is_some();
        not_checked || self.findings.iter().any(|finding| finding.fails(strict))
    }

    /// Whether `patch` leaves something wrong.
    pub(crate) fn stays_wrong(&self) -> bool {
        let not_patched = self.skipped(Standing::NotPatched).next().is_some();
        not_patched || self.findings.iter().any(Finding::stays_wrong)
    }
}

impl Skipped {
    pub(crate) fn new(left: LeftAlone, text: &Text) -> Self {
        Self {
            line: text.line(left.at) + 1,
            name: printable(&left.name),
            reason: printable(&left.reason.text),
            standing: left.reason.standing,
        }
    }
}

impl Finding {
    pub(crate) fn new(integration: &Integration<'_>, verdict: Verdict<'_>, made: Made, text: &Text) -> Self {
        let (fails, fails_strictly) = (verdict.fails(false), verdict.fails(true));
        let wrong = verdict.wrong.into_iter().map(|wrong| WrongHeader {
            name: wrong.header.name,
            class: wrong.header.class,
            line: text.line(wrong.at) + 1,
            what: printable(&wrong.what),
            replaced: wrong.entry.is_some() && made.replaced.contains(&wrong.header.name),
            replaceable: wrong.entry.is_some() && made.replaceable.contains(&wrong.header.name),
        });
        Self {
            name: printable(&integration.name),
            line: text.line(integration.range.start) + 1,
            api: integration.api,
            uri: printable(&display(&integration.uri)),
            host: printable(&host(&integration.uri)),
            missing: verdict.missing.iter().map(|header| (header.name, header.class)).collect(),
            added: made.added,
            wrong: wrong.collect(),
            paths: verdict.paths.iter().map(|path| printable(path)).collect(),
            notes: verdict.notes.iter().map(|note| printable(note)).collect(),
            fails,
            fails_strictly,
        }
    }

    /// Whether `check` fails for it.
    pub(crate) fn fails(&self, strict: bool) -> bool {
        if strict {
            self.fails_strictly
        } else {
            self.fails
        }
    }

    /// Whether `patch` leaves something wrong.
    pub(crate) fn stays_wrong(&self) -> bool {
        let wrong = |wrong: &WrongHeader| !wrong.replaced && wrong.class != Class::Recommended;
        !self.paths.is_empty() || self.wrong.iter().any(wrong)
    }
}

/// A document's text could otherwise move a terminal's cursor, or end a line of the report.
fn printable(text: &str) -> String {
    let escaped = |c: char| if c.is_control() { c.escape_default().collect() } else { c.to_string() };
    text.chars().map(escaped).collect()
}

/// The host of a URI, with its port, or else the whole.
fn host(uri: &[Piece]) -> String {
    let shown = display(uri);
    let rest = shown.split_once("://").map_or(shown.as_str(), |(_, rest)| rest);
    let end = match shown.contains("://") {
        true => rest.find(['/', '?']).unwrap_or(rest.len()),
        false => rest.len(),
    };
    match rest.get(..end) {
        Some("") | None => "(no URI)".to_owned(),
        Some(host) => host.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{host, printable};
    use crate::tree::Piece;

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(printable("é\u{1b}[2J\n"), "é\\u{1b}[2J\\n");
    }

    #[test]
    fn hosts_are_those_of_their_uris() {
        let text = |text: &str| Piece::Text(text.to_owned());
        for (uri, expected) in [
            (vec![text("https://a.example.com:8443/x/{proxy}")], "a.example.com:8443"),
            (vec![text("http://"), Piece::Computed("Nlb.DNSName".to_owned()), text("/x")], "${Nlb.DNSName}"),
            (vec![Piece::Computed("Listener".to_owned())], "${Listener}"),
            (
                vec![text("arn:aws:elasticloadbalancing:eu-west-1:1:listener/app/x")],
                "arn:aws:elasticloadbalancing:eu-west-1:1:listener/app/x",
            ),
            (vec![], "(no URI)"),
        ] {
            assert_eq!(host(&uri), expected);
        }
    }
}
