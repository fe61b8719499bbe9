//! What `opentelemetry-otlp`'s errors say. A text is all that it keeps of an answer or of a broken connection.

use opentelemetry_sdk::error::OTelSdkError;

/// How texts end where the receiver has no such service.
const NO_SUCH_SERVICE: [&str; 4] =
    ["status code: 404", "status code: 405", "status code: 501", "gRPC code: Unimplemented"];
/// How they end where it wants to know who sends.
const UNKNOWN_SENDER: [&str; 4] =
    ["status code: 401", "status code: 403", "gRPC code: Unauthenticated", "gRPC code: PermissionDenied"];

/// Whether the receiver takes nothing of this kind, as Jaeger no metrics.
pub(super) fn is_refusal(error: &OTelSdkError) -> bool {
    ends_in(&error.to_string(), &NO_SUCH_SERVICE)
}

/// Whether a gRPC connection broke. Then the error has a cause of its own behind the code, which an answer of the
/// receiver's hasn't. `Unavailable` has been tried again already.
pub(super) fn is_broken_grpc(error: &OTelSdkError) -> bool {
    let text = error.to_string();
    let code = text.split_once("gRPC code: ").map(|(_, code)| code);
    code.is_some_and(|code| code.contains(": ") && !code.starts_with("Unavailable"))
}

/// The error without the SDK's words around it, and what to do about a receiver that wants to know who sends.
pub(super) fn reason(error: &OTelSdkError) -> String {
    let OTelSdkError::InternalFailure(text) = error else {
        return error.to_string();
    };
    match ends_in(text, &UNKNOWN_SENDER) {
        true => format!("{text}; is the key in OTEL_EXPORTER_OTLP_HEADERS?"),
        false => text.clone(),
    }
}

fn ends_in(text: &str, ends: &[&str]) -> bool {
    ends.iter().any(|end| text.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_told_apart_by_their_texts() {
        // Whether the receiver refuses, whether the connection broke, and whether a key is asked for.
        for (text, refuses, broke, asks) in [
            ("HTTP export failed with status code: 404", true, false, false),
            ("HTTP export failed with status code: 503", false, false, false),
            ("HTTP export failed with status code: 401", false, false, true),
            ("HTTP export failed: network error", false, false, false),
            ("TonicMetricsClient export failed with gRPC code: Unimplemented", true, false, false),
            ("TonicMetricsClient export failed with gRPC code: Unavailable", false, false, false),
            ("TonicTracesClient export failed with gRPC code: Unavailable: tcp connect error", false, false, false),
            (
                "TonicTracesClient export failed with gRPC code: Unknown: transport error: broken pipe",
                false,
                true,
                false,
            ),
            ("TonicTracesClient export failed with gRPC code: Internal", false, false, false),
            ("TonicTracesClient export failed with gRPC code: PermissionDenied", false, false, true),
        ] {
            let error = OTelSdkError::InternalFailure(text.to_owned());
            let found = (is_refusal(&error), is_broken_grpc(&error), reason(&error) != text);
            assert_eq!(found, (refuses, broke, asks), "{text}");
        }
    }
}
