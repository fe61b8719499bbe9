//! Variables that the gateway doesn't know: another tool reads such a definition first.

use crate::dialect::Functions;
use crate::find::Integration;
use crate::tree::Piece;

/// What the gateway itself replaces, at the import or for each request.
const KNOWN: [&str; 3] = ["stageVariables.", "AWS::", "context."];

/// Says that a definition by itself may be a template.
pub(super) fn note(integration: &Integration<'_>) -> Option<String> {
    let dialect = &integration.dialect;
    if dialect.functions != Functions::None || dialect.terraform_template || dialect.serverless_variables {
        return None;
    }
    let texts = integration.uri.iter().filter_map(|piece| match piece {
        Piece::Text(text) => Some(text.as_str()),
        Piece::Computed(_) => None,
    });
    let mut variables = texts.flat_map(|text| text.split("${").skip(1)).filter_map(|rest| rest.split_once('}'));
    let (variable, _) = variables.find(|(name, _)| !KNOWN.iter().any(|known| name.starts_with(known)))?;
    Some(format!(
        "`${{{variable}}}` is no variable of the gateway: if a tool reads this file as a template, pass the file that \
         names it too, because values may need escapes"
    ))
}
