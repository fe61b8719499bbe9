//! The bodies that clients and servers send.

use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use tokio::time::sleep;

pub(crate) fn chunk(_: u64) -> Result<Bytes, std::io::Error> {
    Ok(Bytes::from_static(b"chunk"))
}

/// A chunk every millisecond, without end.
pub(crate) fn drip() -> impl stream::Stream<Item = Result<Bytes, std::io::Error>> + Send {
    stream::unfold(0, |n| async move {
        if n > 0 {
            sleep(Duration::from_millis(1)).await;
        }
        Some((chunk(n), n + 1))
    })
}

/// A chunk, then an error.
pub(crate) fn broken() -> impl stream::Stream<Item = Result<Bytes, std::io::Error>> + Send {
    stream::iter([chunk(0), Err(std::io::Error::other("disk on fire"))])
}
