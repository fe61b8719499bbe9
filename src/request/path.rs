//! Paths: `x-dd-proxy-path` and `x-dd-proxy-resource-path`.

use std::borrow::Cow;

use super::text::{any, split_once};

/// A path with its leading `/`, without query and fragment: either may hold secrets, or change what `url.full` points
/// to.
pub(super) fn path(value: &str) -> Option<Cow<'_, str>> {
    let ends = |b: u8| matches!(b, b'?' | b'#');
    // Almost no path has either.
    let path = match any(value.as_bytes(), ends) {
        true => value.get(..value.bytes().position(ends)?)?,
        false => value,
    };
    match path.as_bytes() {
        [] => None,
        [b'/', ..] => Some(path.into()),
        _ => Some(format!("/{path}").into()),
    }
}

/// The path of an HTTP API's route key (`GET /users/{id}`), or a REST API's resource path as it is.
///
/// `$default` is no route: <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html>
pub(super) fn route(value: &str) -> Option<&str> {
    let route = match split_once(value, b' ') {
        Some((method, path)) if method.bytes().all(|b| b.is_ascii_alphabetic()) => path.trim_start(),
        _ => value,
    };
    Some(route).filter(|route| !route.is_empty() && !route.starts_with('$'))
}

#[cfg(test)]
mod tests {
    use super::{path, route};

    #[test]
    fn path_begins_with_a_slash_and_ends_before_its_query() {
        for (value, expected) in [
            ("/users", Some("/users")),
            ("users", Some("/users")),
            ("/", Some("/")),
            ("/users?id=42", Some("/users")),
            ("/users#top", Some("/users")),
            ("/users?a#b?c", Some("/users")),
            ("/users#b?c", Some("/users")),
            ("/%3F", Some("/%3F")),
            ("?id=42", None),
            ("", None),
        ] {
            assert_eq!(path(value).as_deref(), expected, "{value:?}");
        }
    }

    #[test]
    fn route_is_the_path_of_a_route_key() {
        for (value, expected) in [
            ("/users/{id}", Some("/users/{id}")),
            ("/", Some("/")),
            ("users", Some("users")),
            ("GET /users/{id}", Some("/users/{id}")),
            ("get /users", Some("/users")),
            ("ANY /{proxy+}", Some("/{proxy+}")),
            ("GET  /users", Some("/users")),
            // Only letters before the space are a method.
            ("/a b", Some("/a b")),
            ("M-SEARCH /a", Some("M-SEARCH /a")),
            ("GET /a b", Some("/a b")),
            ("$default", None),
            // Of a WebSocket API.
            ("$connect", None),
            ("GET $default", None),
            ("GET ", None),
            ("", None),
        ] {
            assert_eq!(route(value), expected, "{value:?}");
        }
    }
}
