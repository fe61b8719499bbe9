//! What is missing or wrong in an integration's mappings.

mod path;
mod template;
mod value;

use std::rc::Rc;

use crate::find::{Integration, Keys, Place};
use crate::table::{wanted, Api, Class, Header};
use crate::text::Text;
use crate::tree::{Entry, Node, Shape};

#[derive(Debug, Default)]
pub(crate) struct Verdict<'a> {
    pub(crate) missing: Vec<&'static Header>,
    pub(crate) wrong: Vec<Wrong<'a>>,
    /// Path parameters of a REST API that don't arrive.
    pub(crate) paths: Vec<String>,
    pub(crate) notes: Vec<String>,
}

/// A mapping that isn't as it has to be.
#[derive(Debug)]
pub(crate) struct Wrong<'a> {
    pub(crate) header: &'static Header,
    pub(crate) what: String,
    /// Where the mapping is.
    pub(crate) at: usize,
    /// The mapping, if it can be replaced by the right one.
    pub(crate) entry: Option<Site<'a>>,
}

/// A mapping in the text.
#[derive(Debug, Clone)]
pub(crate) struct Site<'a> {
    pub(crate) key: Rc<Node<'a>>,
    pub(crate) value: Rc<Node<'a>>,
    pub(crate) shape: Shape,
}

impl Verdict<'_> {
    /// What is also said of another form that the mappings may have.
    fn merge(&mut self, other: Self) {
        add_new(&mut self.missing, other.missing);
        add_new(&mut self.paths, other.paths);
        add_new(&mut self.notes, other.notes);
        let known: Vec<_> = self.wrong.iter().map(|wrong| (wrong.at, wrong.header)).collect();
        self.wrong.extend(other.wrong.into_iter().filter(|wrong| !known.contains(&(wrong.at, wrong.header))));
    }

    /// Whether something that is required isn't there as it has to be; with `strict`, also what is recommended.
    pub(crate) fn fails(&self, strict: bool) -> bool {
        let counts = |header: &Header| strict || header.class != Class::Recommended;
        !self.paths.is_empty()
            || self.missing.iter().any(|header| counts(header))
            || self.wrong.iter().any(|wrong| counts(wrong.header))
    }
}

fn add_new<T: PartialEq>(all: &mut Vec<T>, others: Vec<T>) {
    for other in others {
        if !all.contains(&other) {
            all.push(other);
        }
    }
}

pub(crate) fn judge<'a>(integration: &Integration<'a>, text: &Text, user: bool) -> Verdict<'a> {
    match &integration.place {
        Place::Map(map) => judge_entries(map.shaped_entries().collect(), integration, text, user),
        Place::Computed(all) => {
            let mut verdict = Verdict::default();
            for parts in all {
                verdict.merge(judge_entries(merged(parts), integration, text, user));
            }
            verdict
        }
        _ => judge_entries(Vec::new(), integration, text, user),
    }
}

/// The entries of several maps, without those that a later map replaces.
fn merged<'n, 'a>(parts: &'n [Rc<Node<'a>>]) -> Vec<(Shape, &'n Entry<'a>)> {
    let mut entries: Vec<(Shape, &'n Entry<'a>)> = Vec::new();
    for map in parts.iter().rev() {
        let is_replaced = |entry: &Entry<'_>| {
            let key = entry.key.text();
            key.is_some() && entries.iter().any(|(_, later)| later.key.text() == key)
        };
        let kept: Vec<_> = map.shaped_entries().filter(|(_, entry)| !is_replaced(entry)).collect();
        entries.extend(kept);
    }
    entries
}

fn judge_entries<'a>(
    entries: Vec<(Shape, &Entry<'a>)>,
    integration: &Integration<'a>,
    text: &Text,
    user: bool,
) -> Verdict<'a> {
    let mut verdict = Verdict::default();
    let mut claimed: Vec<Vec<Claim<'_, 'a>>> = vec![Vec::new(); crate::table::HEADERS.len()];
    for (shape, entry) in &entries {
        let Some(key) = entry.key.text() else {
            verdict.notes.push("the key of a mapping is computed and isn't checked".to_owned());
            continue;
        };
        let Some((action, name)) = header_of(key, integration) else { continue };
        let position = crate::table::HEADERS.iter().position(|header| header.name.eq_ignore_ascii_case(name));
        if let Some(claims) = position.and_then(|position| claimed.get_mut(position)) {
            claims.push(Claim { action, name, entry, shape: *shape });
        }
    }
    for header in wanted(user) {
        let position = crate::table::HEADERS.iter().position(|known| known == header);
        let claims = position.and_then(|position| claimed.get(position)).map(Vec::as_slice).unwrap_or_default();
        judge_header(header, claims, integration, text, &mut verdict);
    }
    verdict.paths = path::faults(integration, &entries, text);
    verdict.notes.extend(template::note(integration));
    if integration.drops_headers {
        verdict.notes.push(dropped(integration, &entries));
    }
    verdict
}

/// A key that maps a header.
#[derive(Debug, Clone)]
struct Claim<'n, 'a> {
    action: &'n str,
    name: &'n str,
    entry: &'n Entry<'a>,
    shape: Shape,
}

/// What a key does with a header, and the header's name.
fn header_of<'k>(key: &'k str, integration: &Integration<'_>) -> Option<(&'k str, &'k str)> {
    match (integration.keys, integration.api) {
        (Keys::Serverless, _) => Some(("", key)),
        (Keys::Gateway, Api::Rest) => Some(("", key.strip_prefix("integration.request.header.")?)),
        (Keys::Gateway, Api::Http) => {
            let (action, place) = key.split_once(':')?;
            Some((action, place.strip_prefix("header.")?))
        }
    }
}

fn judge_header<'a>(
    header: &'static Header,
    claims: &[Claim<'_, 'a>],
    integration: &Integration<'_>,
    text: &Text,
    verdict: &mut Verdict<'a>,
) {
    let judged: Vec<_> = claims
        .iter()
        .map(|claim| {
            let fault = key_fault(header, claim.action, claim.name, integration);
            fault.or_else(|| value::fault(header, claim.entry, integration, text, &mut verdict.notes))
        })
        .collect();
    if claims.is_empty() {
        return verdict.missing.push(header);
    }
    // Only one of several mappings may be made the right one, and only if none is right already.
    let mut replaceable = judged.iter().all(Option::is_some);
    for (Claim { entry, shape, .. }, fault) in claims.iter().zip(judged) {
        let Some(mut what) = fault else { continue };
        let at = entry.key.start();
        let (key, value) = (Rc::clone(&entry.key), Rc::clone(&entry.value));
        let entry = replaceable.then_some(Site { key, value, shape: *shape });
        if entry.is_none() {
            what.push_str("; the header is mapped twice: remove this mapping");
        }
        replaceable = false;
        verdict.wrong.push(Wrong { header, what, at, entry });
    }
}

fn key_fault(header: &Header, action: &str, name: &str, integration: &Integration<'_>) -> Option<String> {
    match integration.api {
        Api::Http if action != "overwrite" => Some(match action {
            "append" => "`append` joins the client's own value with a comma: use `overwrite`".to_owned(),
            _ => format!("action {action:?}, expected `overwrite`"),
        }),
        // To an HTTP API, names of headers are the same in any case.
        Api::Rest if name != header.name => {
            Some(format!("written {name:?}: a client's own header in lower case then passes as well"))
        }
        _ => None,
    }
}

/// Whether the trace goes on behind an integration of type `HTTP`.
fn dropped(integration: &Integration<'_>, entries: &[(Shape, &Entry<'_>)]) -> String {
    let is_mapped = |name: &str| {
        let names = entries.iter().filter_map(|(_, entry)| Some(header_of(entry.key.text()?, integration)?.1));
        names.into_iter().any(|mapped| mapped.eq_ignore_ascii_case(name))
    };
    let lost: Vec<_> =
        ["traceparent", "tracestate", "baggage", "User-Agent"].into_iter().filter(|name| !is_mapped(name)).collect();
    match lost.is_empty() {
        true => "type HTTP passes none of the client's headers but those that are mapped".to_owned(),
        false => format!(
            "type HTTP passes none of the client's headers: map {} (and declare them on the method), or use HTTP_PROXY",
            lost.join(", ")
        ),
    }
}
