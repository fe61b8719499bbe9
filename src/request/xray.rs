//! `X-Amzn-Trace-Id`, the header by which AWS X-Ray passes on its trace.

use std::fmt;
use std::str::FromStr;

use opentelemetry::trace::{SpanContext, TraceFlags, TraceState};
use opentelemetry::{SpanId, TraceId};

use super::text::{hex, read_hex, read_span_id, split_once, trim};

/// How the layer uses `X-Amzn-Trace-Id`, in addition to the parent that the application's propagator finds.
///
/// API Gateway adds this header to every request. It names a parent only where X-Ray's active tracing is on for the
/// stage, and that parent was recorded only if `Sampled=1`. In every other case all modes do the same: the header
/// names no parent, the application's sampler decides, and the attribute `aws.xray.trace_id` keeps X-Ray's trace id.
///
/// If the propagator finds another parent, that one is the parent of the gateway's span in every mode, and the one that
/// X-Ray recorded is a link, except with `Ignore`.
///
/// `Sampled=0` doesn't turn the trace off: X-Ray samples about 5 % by default, and applications that export elsewhere
/// would lose the rest. To honor X-Ray's sampling decision, install an X-Ray propagator, with the feature `otlp` by
/// `OTEL_PROPAGATORS=xray`; propagators take precedence.
///
/// On [AWS Lambda](crate#aws-lambda), the header names Lambda's own segment, which is below the gateway: `Continue` links
/// it there, too, and no propagator makes it the gateway's parent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum XRay {
    /// A parent that X-Ray recorded is the parent of the gateway's span, in X-Ray's trace.
    ///
    /// A client can send this header, too, and with it choose the trace and have it sampled. Outside X-Ray, the parent
    /// never arrives, so that traces have no root.
    Continue,
    /// A parent that X-Ray recorded becomes a link of the gateway's span, which begins a separate trace, as the
    /// application's sampler decides.
    #[default]
    Link,
    /// A parent that X-Ray recorded is the parent of the application's span, and there is no gateway span: for
    /// exporting to X-Ray, where AWS has recorded the gateway's stage already.
    Defer,
    /// The header is ignored.
    Ignore,
}

/// The value of [`X-Amzn-Trace-Id`][docs]: `Root=1-{8 hex}-{24 hex};Parent={16 hex};Sampled={0 or 1}`.
///
/// Parsed strictly as to the ids (exact length, hexadecimal, not all zero; the same key twice has the same value)
/// and leniently as to the rest: parts in any order, keys in any case, spaces around parts, other parts (`Self`,
/// `Lineage`). `Parent` and `Sampled` may be missing.
///
/// [docs]: https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
///
/// ```
/// use apigateway_inferred_span::XRayTraceHeader;
///
/// let text = "Self=1-67891234-12456789abcdef012345678; root=1-67891233-abcdef012345678912345678; Sampled=?";
/// let header: XRayTraceHeader = text.parse()?;
/// assert_eq!(header.trace_id().to_string(), "67891233abcdef012345678912345678");
/// assert_eq!(header.parent(), None);
/// assert_eq!(header.to_string(), "Root=1-67891233-abcdef012345678912345678");
/// # Ok::<(), apigateway_inferred_span::InvalidXRayTraceHeader>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct XRayTraceHeader {
    trace_id: TraceId,
    parent: Option<SpanId>,
    sampled: Option<bool>,
}

/// Why a value isn't an [`XRayTraceHeader`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidXRayTraceHeader {
    /// There is no `Root`.
    MissingRoot,
    /// `Root` isn't `1-{8 hex}-{24 hex}`, or all zero.
    InvalidRoot,
    /// `Parent` isn't 16 hexadecimal digits, or all zero.
    InvalidParent,
    /// A key comes twice with different values.
    ConflictingParts,
}

impl fmt::Display for InvalidXRayTraceHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::MissingRoot => "x-amzn-trace-id should have a Root",
            Self::InvalidRoot => "the Root of x-amzn-trace-id should be 1-{8 hex}-{24 hex}",
            Self::InvalidParent => "the Parent of x-amzn-trace-id should be 16 hexadecimal digits",
            Self::ConflictingParts => "the parts of x-amzn-trace-id should not contradict each other",
        })
    }
}

impl std::error::Error for InvalidXRayTraceHeader {}

impl XRayTraceHeader {
    /// The trace id: the two hexadecimal parts of `Root`, joined.
    #[must_use]
    pub fn trace_id(&self) -> TraceId {
        self.trace_id
    }

    /// The id of the segment that sent the request, if X-Ray traces it.
    #[must_use]
    pub fn parent(&self) -> Option<SpanId> {
        self.parent
    }

    /// X-Ray's sampling decision: `None` if absent or undecided (`Sampled=?`).
    #[must_use]
    pub fn sampled(&self) -> Option<bool> {
        self.sampled
    }

    /// `Root` as AWS writes it: `1-67891233-abcdef012345678912345678`.
    #[must_use]
    pub fn root(&self) -> String {
        let id = self.trace_id.to_bytes();
        let (time, number) = id.split_at(4);
        let mut root = Vec::with_capacity(35);
        root.extend_from_slice(b"1-");
        root.extend_from_slice(&hex::<8>(time));
        root.push(b'-');
        root.extend_from_slice(&hex::<24>(number));
        String::from_utf8(root).unwrap_or_default()
    }

    /// The header that names a span as parent. `None` if the span is invalid.
    #[cfg(feature = "otlp")]
    pub(crate) fn of_span(span: &SpanContext) -> Option<Self> {
        let (trace_id, parent, sampled) = (span.trace_id(), Some(span.span_id()), Some(span.is_sampled()));
        span.is_valid().then_some(Self { trace_id, parent, sampled })
    }

    /// The parent that X-Ray has recorded, if it has.
    pub(crate) fn recorded_parent(&self) -> Option<SpanContext> {
        let parent = self.parent.filter(|_| self.sampled == Some(true))?;
        Some(SpanContext::new(self.trace_id, parent, TraceFlags::SAMPLED, true, TraceState::NONE))
    }
}

impl FromStr for XRayTraceHeader {
    type Err = InvalidXRayTraceHeader;

    fn from_str(value: &str) -> Result<Self, Self::Err> {
        if let Some(trace_id) = root_alone(value) {
            return Ok(Self { trace_id, parent: None, sampled: None });
        }
        let (mut root, mut parent, mut sampled) = (None, None, None);
        for part in value.split(';') {
            let Some((key, value)) = split_once(part, b'=') else {
                continue;
            };
            let (key, value) = (trim(key), trim(value));
            let slot = match key {
                _ if key.eq_ignore_ascii_case("Root") => &mut root,
                _ if key.eq_ignore_ascii_case("Parent") => &mut parent,
                _ if key.eq_ignore_ascii_case("Sampled") => &mut sampled,
                _ => continue,
            };
            if slot.replace(value).is_some_and(|before| before != value) {
                return Err(InvalidXRayTraceHeader::ConflictingParts);
            }
        }
        let root = root.ok_or(InvalidXRayTraceHeader::MissingRoot)?;
        let parent = match parent {
            Some(parent) => Some(read_span_id(parent).ok_or(InvalidXRayTraceHeader::InvalidParent)?),
            None => None,
        };
        Ok(Self {
            trace_id: trace_id(root).ok_or(InvalidXRayTraceHeader::InvalidRoot)?,
            parent,
            sampled: match sampled {
                Some("1") => Some(true),
                Some("0") => Some(false),
                _ => None,
            },
        })
    }
}

impl fmt::Display for XRayTraceHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Root={}", self.root())?;
        if let Some(parent) = self.parent {
            write!(f, ";Parent={parent}")?;
        }
        match self.sampled {
            Some(sampled) => write!(f, ";Sampled={}", u8::from(sampled)),
            None => Ok(()),
        }
    }
}

/// The id in `Root=1-{8 hex}-{24 hex}`, which is all that API Gateway sends unless X-Ray traces the request. It comes with
/// every request, and is read at a glance.
fn root_alone(value: &str) -> Option<TraceId> {
    trace_id(value.strip_prefix("Root=").filter(|root| root.len() == 35)?)
}

fn trace_id(root: &str) -> Option<TraceId> {
    let (time, number) = split_once(root.strip_prefix("1-")?, b'-')?;
    let id = read_hex(time, 8)? << 96 | read_hex(number, 24)?;
    Some(TraceId::from(id)).filter(|id| *id != TraceId::INVALID)
}
