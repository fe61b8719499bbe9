//! Tools whose input is code, a command or a form.

use crate::change::{Pair, Written};
use crate::table::Api;

/// A value as its text, and whether that is a template with an expression in it.
fn text(value: &Written) -> (&str, bool) {
    match value {
        Written::Text(text) => (text, false),
        Written::Template(text) => (text, true),
        // These tools have neither functions nor maps.
        _ => ("", false),
    }
}

/// A literal of TypeScript. Plain quotes keep `${` as it is.
fn typescript(value: &Written) -> String {
    match text(value) {
        (text, false) => format!("\"{text}\""),
        (text, true) => match text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')) {
            Some(expression) => expression.to_owned(),
            None => format!("`{text}`"),
        },
    }
}

pub(super) fn cdk(api: Api, entries: &[Pair]) -> String {
    match api {
        Api::Rest => object("requestParameters", entries, typescript),
        Api::Http => {
            let calls = entries.iter().map(|(key, value)| {
                let name = key.trim_start_matches("overwrite:header.");
                let value = match text(value) {
                    (text, false) if text.starts_with("$context.") => {
                        format!("MappingValue.contextVariable(\"{}\")", text.trim_start_matches("$context."))
                    }
                    _ => format!("MappingValue.custom({})", typescript(value)),
                };
                format!("\n  .overwriteHeader(\"{name}\", {value})")
            });
            format!("parameterMapping: new ParameterMapping(){},\n", calls.collect::<String>())
        }
    }
}

pub(super) fn pulumi(entries: &[Pair]) -> String {
    // An output isn't known when the template literal is made.
    object("requestParameters", entries, |value| match text(value) {
        (text, true) if text.starts_with('\'') => format!("pulumi.interpolate`{text}`"),
        _ => typescript(value),
    })
}

fn object(name: &str, entries: &[Pair], value: impl Fn(&Written) -> String) -> String {
    let lines: String = entries.iter().map(|(key, of)| format!("  \"{key}\": {},\n", value(of))).collect();
    format!("{name}: {{\n{lines}}},\n")
}

/// JSON, because the short form of the CLI drops single quotes and doesn't take `}`.
pub(super) fn cli(api: Api, entries: &[Pair]) -> String {
    let json = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    // A single quote ends a word in single quotes, so it stands outside them; the region's variable does too.
    let shell = |text: &str, is_template: bool| {
        let quoted = text.replace('\'', "'\"'\"'");
        match is_template {
            true => quoted.replace("${AWS_REGION}", "'\"${AWS_REGION:?}\"'"),
            false => quoted,
        }
    };
    let value = |value: &Written| {
        let (text, is_template) = text(value);
        shell(&json(text), is_template)
    };
    match api {
        Api::Rest => {
            let operations = entries.iter().map(|(key, of)| {
                format!("  {{\"op\":\"add\",\"path\":\"/requestParameters/{key}\",\"value\":{}}}", value(of))
            });
            format!(
                "aws apigateway update-integration --rest-api-id \"$API\" --resource-id \"$RESOURCE\" \\\n  \
                 --http-method \"$METHOD\" --patch-operations '[\n{}\n]'\n\
                 aws apigateway create-deployment --rest-api-id \"$API\" --stage-name \"$STAGE\"\n",
                operations.collect::<Vec<_>>().join(",\n")
            )
        }
        Api::Http => {
            let parameters = entries.iter().map(|(key, of)| format!("  \"{key}\":{}", value(of)));
            format!(
                "aws apigatewayv2 update-integration --api-id \"$API\" --integration-id \"$INTEGRATION\" \\\n  \
                 --request-parameters '{{\n{}\n}}'\n",
                parameters.collect::<Vec<_>>().join(",\n")
            )
        }
    }
}

/// What is typed into the forms.
pub(super) fn console(api: Api, entries: &[Pair]) -> String {
    let title = match api {
        Api::Rest => "Method, Integration request, Edit, URL request headers parameters: name, mapped from",
        Api::Http => {
            "Integration, Create parameter mapping, All incoming requests, Overwrite: parameter to modify, value"
        }
    };
    let lines = entries.iter().map(|(key, value)| {
        // As the form wants it: HTTP APIs map other parts of a request, too.
        let name = match api {
            Api::Rest => key.trim_start_matches("integration.request.header."),
            Api::Http => key.trim_start_matches("overwrite:"),
        };
        format!("  {name:35}{}\n", text(value).0)
    });
    format!("{title}\n{}", lines.collect::<String>())
}
