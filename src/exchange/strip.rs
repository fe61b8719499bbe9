//! Removing the gateway's headers from a request.

use crate::core::Core;
use crate::parent::RequestHeaders;
use crate::request::names::is_proxy_header;

/// Removes the gateway's headers and the shared secret's, if that is wanted.
///
/// A step of its own, whatever became of the exchange: an application that forwards its headers must not pass on what a
/// client has made up either, nor the secret.
pub(crate) fn strip(core: &Core, headers: &mut impl RequestHeaders) {
    if !core.strip_headers {
        return;
    }
    let is_stripped = |name: &str| is_proxy_header(name) || core.trust.is_secret(name);
    if headers.pairs().any(|(name, _)| is_stripped(name)) {
        headers.remove_all(is_stripped);
    }
}
