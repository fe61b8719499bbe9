//! Whether a mapping's value is what it has to be.

use crate::dialect::{display, known};
use crate::find::{Integration, Keys};
use crate::table::{Api, Header, Source, AWS_APIGATEWAY, PROXY};
use crate::text::Text;
use crate::tree::{Entry, Piece};

/// What is wrong with a mapping's value.
pub(super) fn fault(
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
            None => return Some("no `mappedValue`: the client's own header passes".to_owned()),
        },
    };
    let pieces = integration.dialect.pieces(value, text);
    if pieces
        .iter()
        .any(|piece| matches!(piece, Piece::Computed(name) if name.trim_start_matches("${").starts_with("context.")))
    {
        return Some(format!(
            "`{}` is a variable of the gateway, but the tool that reads this document takes it for its own: escape it",
            display(&pieces)
        ));
    }
    if known(&pieces).is_some_and(|actual| actual.is_empty()) {
        return Some("no value: a client's own header passes".to_owned());
    }
    let expected = match header.source(integration.api) {
        Source::Region => return region_fault(&pieces, integration.api),
        Source::Text(expected) => expected,
    };
    let Some(actual) = known(&pieces) else {
        notes.push(format!("the value of {} is computed (`{}`) and isn't checked", header.name, display(&pieces)));
        return None;
    };
    // HTTP APIs know variables with and without braces.
    let braced = || expected.strip_prefix("$context.").map(|name| format!("${{context.{name}}}"));
    if actual == expected || braced().is_some_and(|braced| actual == braced) {
        return None;
    }
    if integration.api == Api::Http && header.name == PROXY && actual == AWS_APIGATEWAY {
        notes.push(
            "x-dd-proxy is `aws-apigateway`, as in Datadog's documentation; `aws-httpapi` tells HTTP APIs from REST APIs, \
             but tracers for Go, PHP and .NET don't know it"
                .to_owned(),
        );
        return None;
    }
    Some(match integration.api {
        Api::Rest if format!("'{actual}'") == expected => {
            format!("the gateway refuses a static value without single quotes: found {actual:?}, expected {expected:?}")
        }
        Api::Rest if actual.strip_prefix('$') == Some(expected) => {
            format!("REST APIs write variables without `$`: found {actual:?}, expected {expected:?}")
        }
        Api::Http if actual == format!("'{expected}'") => {
            format!("HTTP APIs send single quotes along: found {actual:?}, expected {expected:?}")
        }
        _ => format!("found {actual:?}, expected {expected:?}"),
    })
}

fn region_fault(pieces: &[Piece], api: Api) -> Option<String> {
    let shown = display(pieces);
    // A value that is one expression may have any quotes in it.
    if let [Piece::Computed(name)] = pieces {
        let bare = api == Api::Rest && name == "AWS::Region";
        return bare.then(|| "the gateway refuses a static value without single quotes: use `Fn::Sub` to put them around `${AWS::Region}`".to_owned());
    }
    let inner = shown.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
    let region = match (api, inner) {
        (Api::Rest, None) => {
            return Some(format!("the gateway refuses a static value without single quotes: found {shown:?}"))
        }
        (Api::Rest, Some(inner)) => inner,
        (Api::Http, Some(_)) => return Some(format!("HTTP APIs send single quotes along: found {shown:?}")),
        (Api::Http, None) => &shown,
    };
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let computed = pieces.iter().any(|piece| matches!(piece, Piece::Computed(_))) || region.contains("${");
    let is_region = computed || (!region.is_empty() && region.chars().all(plain));
    (!is_region).then(|| format!("found {shown:?}, expected a region"))
}
