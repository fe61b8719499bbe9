//! Whether path parameters arrive.

use crate::find::{Declared, Integration, Keys};
use crate::table::Api;
use crate::text::Text;
use crate::tree::{Entry, Piece, Shape};

/// Each `{name}` of a REST API's URI has to be mapped, from what the method declares.
pub(super) fn faults(integration: &Integration<'_>, entries: &[(Shape, &Entry<'_>)], text: &Text) -> Vec<String> {
    let mut faults = Vec::new();
    if integration.api != Api::Rest {
        return faults;
    }
    for name in placeholders(&integration.uri) {
        let source = match integration.keys {
            Keys::Serverless => Some(format!("method.request.path.{name}")),
            Keys::Gateway => {
                let key = format!("integration.request.path.{name}");
                let Some((_, entry)) = entries.iter().find(|(_, entry)| entry.key.text() == Some(&key)) else {
                    faults.push(format!("{{{name}}} of the URI isn't mapped: {key}: method.request.path.{name}"));
                    continue;
                };
                integration.dialect.text(&entry.value, text)
            }
        };
        let from = source.as_deref().and_then(|source| source.strip_prefix("method.request.path."));
        if let (Some(from), Declared::Names(names)) = (from, &integration.declared) {
            if !names.contains(from) {
                let what = format!("{{{name}}} is mapped from method.request.path.{from}");
                faults.push(format!("{what}, which the method doesn't declare"));
            }
        }
    }
    faults
}

/// The names in braces, but not those of variables (`${..}`) and other tools' placeholders (`{{ .. }}`).
fn placeholders(uri: &[Piece]) -> Vec<String> {
    let mut names = Vec::new();
    for piece in uri {
        let Piece::Text(text) = piece else { continue };
        let mut rest = text.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, behind)) = after.split_once('}') else { break };
            let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c));
            if is_name && !before.ends_with('$') && !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
            rest = behind;
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::placeholders;
    use crate::tree::Piece;

    #[test]
    fn names_in_braces_are_placeholders() {
        let text = |text: &str| Piece::Text(text.to_owned());
        let uri =
            [text("http://${stageVariables.h}/{a}/{b_c}"), Piece::Computed("x".to_owned()), text("/{a}/{{ d }}/{")];
        assert_eq!(placeholders(&uri), ["a", "b_c"]);
    }
}
