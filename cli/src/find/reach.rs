//! Which integrations reach an application over HTTP.

use super::reason::Reason;

/// Why an integration of this type reaches no application over HTTP.
pub(super) fn why_left(kind: Option<&str>, subtype: bool) -> Option<Reason> {
    let Some(kind) = kind else {
        return Some(Reason::not_checked("the type is computed"));
    };
    let reason = match kind.to_ascii_uppercase().replace('-', "_").as_str() {
        "HTTP_PROXY" | "HTTP" => return None,
        "AWS_PROXY" | "LAMBDA" | "LAMBDA_PROXY" if !subtype => "Lambda: its event has the same values",
        "AWS" | "AWS_PROXY" => "AWS: its parameters are those of a call to an AWS service",
        "MOCK" => "MOCK: there is no application behind it",
        _ => "unknown type",
    };
    Some(reason.into())
}

#[cfg(test)]
mod tests {
    use super::why_left;

    #[test]
    fn only_http_reaches_an_application() {
        for kind in ["http", "HTTP", "http_proxy", "HTTP_PROXY", "http-proxy", "HTTP-Proxy"] {
            assert_eq!(why_left(Some(kind), false), None, "{kind}");
        }
        for (kind, subtype, start) in [
            (Some("AWS_PROXY"), false, "Lambda"),
            (Some("aws_proxy"), true, "AWS"),
            (Some("aws"), false, "AWS"),
            (Some("lambda"), false, "Lambda"),
            (Some("Mock"), false, "MOCK"),
            (Some("ftp"), false, "unknown type"),
            (None, false, "the type is computed"),
        ] {
            assert!(why_left(kind, subtype).is_some_and(|reason| reason.text.starts_with(start)), "{kind:?}");
        }
    }
}
