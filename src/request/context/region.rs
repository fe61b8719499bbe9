//! The region of an API, which its events don't name.

/// The region in the domain of an API or a function URL, unless that has a name of its own:
/// `a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com`, `abc.lambda-url.eu-west-1.on.aws`.
pub(super) fn of_domain(domain: &str) -> Option<&str> {
    let mut labels = domain.split('.').skip(1);
    match labels.next()? {
        "execute-api" | "lambda-url" => labels.next().filter(|region| is_region(region)),
        _ => None,
    }
}

/// The region of the function: `arn:aws:lambda:eu-west-1:123456789012:function:orders`.
pub(super) fn of_arn(arn: &str) -> Option<&str> {
    let mut parts = arn.split(':');
    (parts.next() == Some("arn")).then_some(())?;
    parts.nth(2).filter(|region| is_region(region))
}

fn is_region(text: &str) -> bool {
    let is_part = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    !text.is_empty() && text.bytes().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::{of_arn, of_domain};

    #[test]
    fn a_region_is_where_aws_puts_it() {
        for (domain, expected) in [
            ("a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com", Some("eu-west-1")),
            ("a1b2c3d4e5.execute-api.cn-north-1.amazonaws.com.cn", Some("cn-north-1")),
            ("abc.lambda-url.us-gov-west-1.on.aws", Some("us-gov-west-1")),
            ("api.example.com", None),
            ("a.execute-api", None),
            ("a.execute-api.", None),
            ("execute-api.eu-west-1.amazonaws.com", None),
            ("a.execute-api.EU.amazonaws.com", None),
            ("", None),
        ] {
            assert_eq!(of_domain(domain), expected, "{domain}");
        }
        for (arn, expected) in [
            ("arn:aws:lambda:eu-west-1:123456789012:function:orders", Some("eu-west-1")),
            ("arn:aws:lambda::123456789012:function:orders", None),
            ("arn:aws:lambda", None),
            ("No header lambda-runtime-invoked-function-arn found.", None),
            ("", None),
        ] {
            assert_eq!(of_arn(arn), expected, "{arn}");
        }
    }
}
