//! Removing the gateway's headers from a request.

use crate::core::Core;
use crate::parent::RequestHeaders;
use crate::request::names::is_proxy_header;

/// Removes the gateway's headers and the shared secret's.
pub(super) fn strip(core: &Core, headers: &mut impl RequestHeaders) {
    let is_stripped = |name: &str| is_proxy_header(name) || core.trust.is_secret(name);
    let names = headers.pairs().map(|(name, _)| name);
    let names: Vec<_> = names.filter(|name| is_stripped(name)).map(str::to_owned).collect();
    for name in names {
        headers.remove(&name);
    }
}
