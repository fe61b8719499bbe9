//! A request's protocol: its version of HTTP.

/// The protocol's name and version, as access logs have it. A macro, because actix-web's `Version` is that of another
/// version of `http` than tower's.
macro_rules! protocol {
    ($Version:ty, $version:expr) => {
        match $version {
            <$Version>::HTTP_09 => "HTTP/0.9",
            <$Version>::HTTP_10 => "HTTP/1.0",
            <$Version>::HTTP_2 => "HTTP/2.0",
            <$Version>::HTTP_3 => "HTTP/3.0",
            _ => "HTTP/1.1",
        }
    };
}

pub(crate) use protocol;

#[cfg(test)]
mod tests {
    use http::Version;

    #[test]
    fn a_protocol_has_its_name_and_version() {
        for (version, expected) in [
            (Version::HTTP_10, "HTTP/1.0"),
            (Version::HTTP_11, "HTTP/1.1"),
            (Version::HTTP_2, "HTTP/2.0"),
            (Version::HTTP_3, "HTTP/3.0"),
        ] {
            assert_eq!(protocol!(Version, version), expected);
        }
    }
}
