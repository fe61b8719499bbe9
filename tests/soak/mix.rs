//! What kinds of requests a run has, and how each may end.

use http::Method;

/// Every code that a request's headers can bring about, beside `accepted`.
pub(crate) const CODES: [&str; 14] = [
    "unknown_proxy",
    "unreadable_proxy",
    "missing_request_time",
    "invalid_request_time",
    "request_time_out_of_range",
    "conflicting_header",
    "api_id_mismatch",
    "wrong_secret",
    "domain_not_allowed",
    "api_id_not_allowed",
    "too_old",
    "not_accepted",
    "deferred",
    "panicked",
];

/// What a request is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    NoHeaders,
    Refused(&'static str),
    Full,
    Stream,
    Announced,
    Trailers,
    Head,
    Empty,
    Error,
    Fails,
    Panic,
    Broken,
    Upgrade,
    /// The client goes before the response.
    LeavesBefore,
    /// The client goes amid the response.
    LeavesDuring,
    /// The client goes amid its own body.
    LeavesSending,
    /// The client goes amid the head: the server never has a request.
    HalfAHead,
}

impl Kind {
    /// How many of 1,000 requests are of which kind; the rest are `Full`.
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

    pub(crate) fn of(mut random: u64) -> Self {
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

    /// What the client must get; `None` if it may get nothing whole.
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

    /// Whether a span of this kind of request may end with this `error.type` and status, 0 for none.
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
            // actix-web notices no earlier than when it has something to write.
            "leaves-before" if is_actix => matches!((error, status), ("" | "cancelled", 200)),
            "leaves-before" => (error, status) == ("cancelled", 0),
            "leaves-during" => (error, status) == ("cancelled", 200),
            // The application may have learned of it, and answered 400.
            "leaves-sending" => {
                matches!((error, status), ("" | "cancelled", 400) | ("cancelled", 0))
            }
            _ => false,
        }
    }
}

/// What the n-th request is like, whoever sends it and whenever: SplitMix64.
pub(crate) fn random(seed: u64, n: u64) -> u64 {
    let mut z = seed.wrapping_add(n.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
