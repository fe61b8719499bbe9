//! Which integrations reach an application over HTTP.

/// Why an integration of this type reaches no application over HTTP.
pub(super) fn why_left(kind: Option<&str>, subtype: bool) -> Option<&'static str> {
    let Some(kind) = kind else {
        return Some("its type is computed");
    };
    match kind.to_ascii_uppercase().replace('-', "_").as_str() {
        "HTTP_PROXY" | "HTTP" => None,
        "AWS_PROXY" | "LAMBDA" | "LAMBDA_PROXY" if !subtype => {
            Some("Lambda: it gets the request as an event, which has what the headers have")
        }
        "AWS" | "AWS_PROXY" => Some("AWS: its parameters are those of a service's call"),
        "MOCK" => Some("MOCK: it reaches no application"),
        _ => Some("its type isn't known"),
    }
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
            (Some("ftp"), false, "its type isn't known"),
            (None, false, "its type is computed"),
        ] {
            assert!(why_left(kind, subtype).is_some_and(|reason| reason.starts_with(start)), "{kind:?}");
        }
    }
}
