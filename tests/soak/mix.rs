//! The kinds of requests in a run, their shares, and how each may end. The mix depends on the seed alone.

use http::Method;

/// Every code of the layer's statistics that request headers can cause, except `accepted`.
pub(crate) const CODES: [&str; 13] = [
    "unknown_proxy",
    "unreadable_proxy",
    "missing_request_time",
    "invalid_request_time",
    "request_time_out_of_range",
    "conflicting_header",
    "wrong_secret",
    "domain_not_allowed",
    "api_id_not_allowed",
    "too_old",
    "not_accepted",
    "deferred",
    "panicked",
];

/// What the client sends, what the application does with it, and when the client leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A request without gateway headers.
    NoHeaders,
    /// Gateway headers that the layer rejects, with this code.
    Refused(&'static str),
    /// A response whose body is one buffer.
    Full,
    /// A body of several chunks, of unknown length.
    Stream,
    /// A body of several chunks with a `Content-Length`.
    Announced,
    /// A body that ends with trailers.
    Trailers,
    /// A `HEAD` request.
    Head,
    /// Status 204.
    Empty,
    /// Status 500.
    Error,
    /// The service returns an error instead of a response.
    Fails,
    /// The handler panics.
    Panic,
    /// The response body fails after its first chunk.
    Broken,
    /// The connection is upgraded to another protocol.
    Upgrade,
    /// The client leaves before the response.
    LeavesBefore,
    /// The client leaves during the response.
    LeavesDuring,
    /// The client leaves while it sends its own body.
    LeavesSending,
    /// The client leaves within the request head: the server never gets a request.
    HalfAHead,
}

impl Kind {
    /// Requests of each kind in 1,000. `REFUSED` more are refused, and the rest are `Full`.
    const MIX: [(Self, u64); 15] = [
        (Self::NoHeaders, 120),
        (Self::Stream, 60),
        (Self::Announced, 30),
        (Self::Trailers, 30),
        (Self::Head, 30),
        (Self::Empty, 30),
        (Self::Error, 10),
        (Self::Fails, 5),
        (Self::Panic, 10),
        (Self::Broken, 10),
        (Self::Upgrade, 5),
        (Self::LeavesBefore, 40),
        (Self::LeavesDuring, 40),
        (Self::LeavesSending, 10),
        (Self::HalfAHead, 10),
    ];
    const REFUSED: u64 = 210;

    pub(crate) fn from_random(mut random: u64) -> Self {
        let code = CODES[(random / 1_000) as usize % CODES.len()];
        random %= 1_000;
        for (kind, share) in Self::MIX {
            if random < share {
                return kind;
            }
            random -= share;
        }
        if random < Self::REFUSED {
            Self::Refused(code)
        } else {
            Self::Full
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Stream => "stream",
            Self::Announced => "announced",
            Self::Trailers => "trailers",
            Self::Head => "head",
            Self::Empty => "empty",
            Self::Error => "error",
            Self::Fails => "fails",
            Self::Panic => "panic",
            Self::Broken => "broken",
            Self::Upgrade => "upgrade",
            Self::LeavesBefore => "leaves-before",
            Self::LeavesDuring => "leaves-during",
            Self::LeavesSending => "leaves-sending",
            _ => "full",
        }
    }

    pub(crate) fn method(self) -> Method {
        match self {
            Self::Head => Method::HEAD,
            Self::LeavesSending => Method::POST,
            _ => Method::GET,
        }
    }

    /// The status and body that the client must get; `None` if it never gets a whole response.
    pub(crate) fn answer(self) -> Option<(u16, &'static str)> {
        match self {
            Self::NoHeaders | Self::Refused(_) | Self::Full => Some((200, "full")),
            Self::Stream | Self::Trailers => Some((200, "chunkchunkchunk")),
            Self::Announced => Some((200, "chunkchunk")),
            Self::Head => Some((200, "")),
            Self::Empty => Some((204, "")),
            Self::Error => Some((500, "no")),
            Self::Fails => Some((502, "")),
            _ => None,
        }
    }

    /// Whether a span of the kind with this name may end with this `error.type` (empty: none) and status (0: none).
    pub(crate) fn may_end(name: &str, is_actix: bool, error: &str, status: i64) -> bool {
        match name {
            "full" | "stream" | "announced" | "trailers" | "head" => (error, status) == ("", 200),
            "empty" => (error, status) == ("", 204),
            "error" => (error, status) == ("500", 500),
            "fails" if is_actix => (error, status) == ("502", 502),
            "fails" => (error, status) == ("service", 0),
            "panic" => (error, status) == ("panic", 0),
            "broken" => (error, status) == ("body", 200),
            "upgrade" => (error, status) == ("", 101),
            // actix-web notices that the client has left only when it writes.
            "leaves-before" if is_actix => matches!((error, status), ("" | "cancelled", 200)),
            "leaves-before" => (error, status) == ("cancelled", 0),
            "leaves-during" => (error, status) == ("cancelled", 200),
            // The application may have noticed the incomplete body first, and answered 400.
            "leaves-sending" => {
                matches!((error, status), ("" | "cancelled", 400) | ("cancelled", 0))
            }
            _ => false,
        }
    }
}

/// The n-th output of [SplitMix64](https://prng.di.unimi.it/splitmix64.c), whichever worker asks for it and when.
pub(crate) fn random(seed: u64, n: u64) -> u64 {
    let mut z = seed.wrapping_add(n.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
