//! Classifies `opentelemetry-otlp`'s errors by their texts, which are all that it keeps of a response or of a broken
//! connection.

use opentelemetry_sdk::error::OTelSdkError;

/// The ends of texts if the receiver has no such service.
const NO_SUCH_SERVICE: [&str; 4] =
    ["status code: 404", "status code: 405", "status code: 501", "gRPC code: Unimplemented"];
/// The ends of texts if the receiver requires authentication.
const UNKNOWN_SENDER: [&str; 4] =
    ["status code: 401", "status code: 403", "gRPC code: Unauthenticated", "gRPC code: PermissionDenied"];

/// Whether the receiver doesn't support this signal, as Jaeger doesn't support metrics.
pub(super) fn is_refusal(error: &OTelSdkError) -> bool {
    ends_in(&error.to_string(), &NO_SUCH_SERVICE)
}

/// Whether a gRPC connection broke. The error then has a cause after the code, which an error from the receiver doesn't
/// have. `Unavailable` has been retried already.
pub(super) fn is_broken_grpc(error: &OTelSdkError) -> bool {
    let text = error.to_string();
    let code = text.split_once("gRPC code: ").map(|(_, code)| code);
    code.is_some_and(|code| code.contains(": ") && !code.starts_with("Unavailable"))
}

/// The error without the SDK's prefix, with advice if the receiver requires authentication.
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
