//! What is missing or wrong in an integration's mappings.

use std::rc::Rc;

use crate::dialect::{display, known};
use crate::find::{Declared, Integration, Keys, Place};
use crate::table::{wanted, Api, Class, Header, Source, AWS_APIGATEWAY, PROXY};
use crate::text::Text;
use crate::tree::{Entry, Node, Piece, Shape};

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
    /// Whether something that is required isn't there as it has to be; with `strict`, also what is recommended.
    pub(crate) fn fails(&self, strict: bool) -> bool {
        let counts = |header: &Header| strict || header.class != Class::Recommended;
        !self.paths.is_empty()
            || self.missing.iter().any(|header| counts(header))
            || self.wrong.iter().any(|wrong| counts(wrong.header))
    }
}

pub(crate) fn judge<'a>(integration: &Integration<'a>, text: &Text, user: bool) -> Verdict<'a> {
    let mut verdict = Verdict::default();
    let entries: Vec<(Shape, &Entry<'a>)> = match &integration.place {
        Place::Map(map) => map.shaped_entries().collect(),
        _ => Vec::new(),
    };
    let mut claimed: Vec<Vec<Claim<'_, 'a>>> = vec![Vec::new(); crate::table::HEADERS.len()];
    for (shape, entry) in &entries {
        let Some(key) = entry.key.text() else {
            verdict.notes.push("a key of its mappings is computed, so it can't be checked".to_owned());
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
    judge_paths(integration, &entries, text, &mut verdict);
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
            fault.or_else(|| value_fault(header, claim.entry, integration, text, &mut verdict.notes))
        })
        .collect();
    if claims.is_empty() {
        return verdict.missing.push(header);
    }
    // Only one of several mappings may be made the right one, and only if none is right already.
    let mut replaceable = judged.iter().all(Option::is_some);
    for (Claim { entry, shape, .. }, fault) in claims.iter().zip(judged) {
        let Some(mut what) = fault else { continue };
        let (key, value) = (Rc::clone(&entry.key), Rc::clone(&entry.value));
        let entry = replaceable.then_some(Site { key, value, shape: *shape });
        if entry.is_none() {
            what.push_str("; another mapping of this header is beside it: remove this one");
        }
        replaceable = false;
        verdict.wrong.push(Wrong { header, what, entry });
    }
}

fn key_fault(header: &Header, action: &str, name: &str, integration: &Integration<'_>) -> Option<String> {
    match integration.api {
        Api::Http if action != "overwrite" => Some(match action {
            "append" => "`append` joins the client's own value with a comma: `overwrite` it".to_owned(),
            _ => format!("the action is {action:?}, where it has to be `overwrite`"),
        }),
        // To an HTTP API, names of headers are the same in any case.
        Api::Rest if name != header.name => {
            Some(format!("it is written {name:?}: a REST API lets a client's own header in lower case pass beside it"))
        }
        _ => None,
    }
}

fn value_fault(
    header: &Header,
    entry: &Entry<'_>,
    integration: &Integration<'_>,
    text: &Text,
    notes: &mut Vec<String>,
) -> Option<String> {
    let value = match integration.keys {
        Keys::Gateway => entry.value.resolved(),
        Keys::Serverless => match entry.value.get("mappedValue") {
            Some(value) => value,
            None => return Some("it has no `mappedValue`, so the client's own header passes".to_owned()),
        },
    };
    let pieces = integration.dialect.pieces(value, text);
    if pieces
        .iter()
        .any(|piece| matches!(piece, Piece::Computed(name) if name.trim_start_matches("${").starts_with("context.")))
    {
        return Some(format!(
            "`{}` is a variable of the gateway, which the tool takes for its own: escape it",
            display(&pieces)
        ));
    }
    let expected = match header.source(integration.api) {
        Source::Region => return region_fault(&pieces, integration.api),
        Source::Text(expected) => expected,
    };
    let Some(actual) = known(&pieces) else {
        notes.push(format!("{} is computed (`{}`), so its value isn't checked", header.name, display(&pieces)));
        return None;
    };
    if actual == expected {
        return None;
    }
    if integration.api == Api::Http && header.name == PROXY && actual == AWS_APIGATEWAY {
        notes.push(
            "x-dd-proxy is `aws-apigateway`, as in Datadog's documentation. `aws-httpapi` tells HTTP APIs from REST \
             APIs, but tracers for Go, PHP and .NET don't know it"
                .to_owned(),
        );
        return None;
    }
    Some(match integration.api {
        Api::Rest if format!("'{actual}'") == expected => {
            format!("{actual:?} has no single quotes, so the gateway refuses it: {expected:?}")
        }
        Api::Rest if actual.strip_prefix('$') == Some(expected) => format!("{actual:?} begins with `$`: {expected:?}"),
        Api::Http if actual == format!("'{expected}'") => {
            format!("the gateway sends the single quotes of {actual:?} along: {expected:?}")
        }
        _ => format!("it is {actual:?}, where it has to be {expected:?}"),
    })
}

fn region_fault(pieces: &[Piece], api: Api) -> Option<String> {
    let shown = display(pieces);
    // A value that is one expression may have any quotes in it.
    if let [Piece::Computed(name)] = pieces {
        let bare = api == Api::Rest && name == "AWS::Region";
        return bare.then(|| "`AWS::Region` has no single quotes: `Fn::Sub` them around it".to_owned());
    }
    let inner = shown.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
    let region = match (api, inner) {
        (Api::Rest, None) => return Some(format!("{shown:?} has no single quotes around it")),
        (Api::Rest, Some(inner)) => inner,
        (Api::Http, Some(_)) => return Some(format!("the gateway sends the single quotes of {shown:?} along")),
        (Api::Http, None) => &shown,
    };
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let computed = pieces.iter().any(|piece| matches!(piece, Piece::Computed(_))) || region.contains("${");
    let is_region = computed || (!region.is_empty() && region.chars().all(plain));
    (!is_region).then(|| format!("{shown:?} is no region"))
}

/// Each `{name}` of a REST API's URI has to be mapped, from what the method declares.
fn judge_paths(integration: &Integration<'_>, entries: &[(Shape, &Entry<'_>)], text: &Text, verdict: &mut Verdict<'_>) {
    if integration.api != Api::Rest {
        return;
    }
    for name in placeholders(&integration.uri) {
        let source = match integration.keys {
            Keys::Serverless => Some(format!("method.request.path.{name}")),
            Keys::Gateway => {
                let key = format!("integration.request.path.{name}");
                let entry = entries.iter().find(|(_, entry)| entry.key.text() == Some(&key));
                let Some((_, entry)) = entry else {
                    verdict
                        .paths
                        .push(format!("{{{name}}} of the URI isn't mapped: {key}: method.request.path.{name}"));
                    continue;
                };
                integration.dialect.text(&entry.value, text)
            }
        };
        let declared = source.as_deref().and_then(|source| source.strip_prefix("method.request.path."));
        if let (Some(declared), Declared::Names(names)) = (declared, &integration.declared) {
            if !names.contains(declared) {
                verdict.paths.push(format!(
                    "{{{name}}} is mapped from method.request.path.{declared}, which the method doesn't declare"
                ));
            }
        }
    }
}

/// The names in braces, but not those of variables (`${..}`).
fn placeholders(uri: &[Piece]) -> Vec<String> {
    let mut names = Vec::new();
    for piece in uri {
        let Piece::Text(text) = piece else { continue };
        let mut rest = text.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, behind)) = after.split_once('}') else { break };
            if !before.ends_with('$') && !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
            rest = behind;
        }
    }
    names
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
        true => "type HTTP passes no header of the client's but those that are mapped".to_owned(),
        false => format!(
            "type HTTP passes no header of the client's: map {} (and declare them on the method), or use HTTP_PROXY",
            lost.join(", ")
        ),
    }
}
