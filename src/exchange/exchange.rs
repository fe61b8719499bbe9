//! The gateway's span, from its start to its end.

use std::cell::Cell;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use opentelemetry::trace::{Link, SpanBuilder, SpanKind, Status, TraceContextExt as _};
use opentelemetry::{Context, KeyValue, Value};

use crate::catch_panic::unless_panic;
use crate::clock::Receipt;
use crate::hints;
use crate::layer::Settings;
use crate::observe::stats::Counted;
use crate::parent::{Parent, RequestHeaders};
use crate::request::names::is_proxy_header;
use crate::request::{Headers, ProxyRequest, Rejection, XRay};
use crate::trust::HeaderLookup;

thread_local! {
    /// Whether this thread is inside a gateway's span right now, so that a second layer makes no second span.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// A span that has started. It ends when this is dropped, as what happened until then says.
#[derive(Debug)]
pub(crate) struct InferredSpan {
    settings: Arc<Settings>,
    context: Context,
    receipt: Receipt,
    start: SystemTime,
    timeout: Option<Duration>,
    is_head: bool,
    status: Option<u16>,
    /// Bytes of the body still to come, if known.
    remaining: Option<u64>,
    state: State,
}

/// Why there is none.
enum NoSpan {
    Rejected(Rejection),
    NoTracerProvider,
}

impl From<Rejection> for NoSpan {
    fn from(reason: Rejection) -> Self {
        Self::Rejected(reason)
    }
}

/// What a drop would mean.
#[derive(Clone, Copy, Debug)]
enum State {
    /// The application isn't done: it was cut off.
    Open,
    /// The application is at work further up the stack: it panicked.
    Working,
    /// The application is done.
    Complete,
    /// The application failed without a panic.
    Failed(Failure),
}

/// What went wrong, beside an error status.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Failure {
    Service,
    Body,
    Panic,
    Timeout,
    Cancelled,
}

impl Failure {
    /// The value of `error.type`.
    fn as_str(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Body => "body",
            Self::Panic => "panic",
            Self::Timeout => "timeout",
            Self::Cancelled => "cancelled",
        }
    }

    fn description(self) -> &'static str {
        match self {
            Self::Service => "the application's service failed",
            Self::Body => "the response's body failed",
            Self::Panic => "the application panicked",
            Self::Timeout => "cut off after the gateway's integration timeout",
            Self::Cancelled => "cut off before the response was complete",
        }
    }
}

impl InferredSpan {
    /// The span of the gateway that sent `headers`, if they make one. The reason why not is counted and logged.
    #[cold]
    #[inline(never)]
    pub(crate) fn infer(
        settings: &Arc<Settings>,
        is_head: bool,
        headers: &mut impl RequestHeaders,
    ) -> Option<Box<Self>> {
        hints::with_header();
        if INSIDE.get() {
            return None;
        }
        let started = unless_panic(|| Self::start(settings, is_head, headers));
        if settings.strip_headers {
            strip(headers);
        }
        let (code, span) = match started {
            None => (Counted::Panicked, None),
            Some(Ok((code, span))) => (code, Some(span)),
            Some(Err(NoSpan::NoTracerProvider)) => {
                hints::no_span_made();
                (Counted::NoTracerProvider, None)
            }
            Some(Err(NoSpan::Rejected(reason))) => {
                tracing::debug!("no gateway span: {reason}");
                (Counted::Rejected(reason.kind()), None)
            }
        };
        settings.counters.count(code);
        span
    }

    fn start(
        settings: &Arc<Settings>,
        is_head: bool,
        headers: &mut impl RequestHeaders,
    ) -> Result<(Counted, Box<Self>), NoSpan> {
        let receipt = Receipt::now(settings.clock);
        let found = Headers::scan(headers.pairs());
        let request = ProxyRequest::read(&found)?;
        hints::mapping_mistakes(request.mistakes());
        let lookup = |name: &str| headers.first(name);
        let lookup = HeaderLookup::new(&lookup);
        settings.trust.check(&request, &lookup, receipt.time())?;

        let proxy = request.proxy();
        let (start, skew) = receipt.clamp(request.request_time());
        let x_ray = request.x_ray().filter(|_| settings.x_ray != XRay::Ignore);
        let new = |context| {
            Box::new(Self {
                settings: Arc::clone(settings),
                context,
                receipt,
                start,
                timeout: settings.integration_timeout.or(proxy.integration_timeout()),
                is_head,
                status: None,
                remaining: None,
                state: State::Open,
            })
        };
        let parent = (settings.propagator).parent(headers, found.propagation, x_ray, settings.x_ray);
        match parent {
            Parent::Recorded(context) => Ok((Counted::Deferred, new(context))),
            Parent::Of { context: parent, link, outvoted } => {
                let attributes = || settings.naming.attributes(&request, x_ray, skew);
                let mut builder = SpanBuilder::from_name(settings.naming.span_name(&request))
                    .with_kind(SpanKind::Server)
                    .with_start_time(start);
                builder.links = link.map(|link| vec![Link::with_context(link)]);
                // Below a parent that isn't sampled, hardly any span records; attributes are what costs.
                let late = is_unsampled(&parent);
                if !late {
                    builder.attributes = Some(attributes());
                }
                let started = settings.tracer.start(builder, &parent);
                let span = new(started.ok_or(NoSpan::NoTracerProvider)?);
                if late && span.context.span().is_recording() {
                    span.context.span().set_attributes(attributes());
                }
                if let Some(read) = outvoted {
                    let propagator = &settings.propagator;
                    // Apart from what else may panic, because there is a span by now.
                    unless_panic(|| propagator.rewrite(headers, read, &parent, &span.context));
                }
                Ok((Counted::Accepted, span))
            }
        }
    }

    /// Runs a step of the application below this span.
    pub(crate) fn enter<R>(&mut self, step: impl FnOnce() -> R) -> R {
        let before = std::mem::replace(&mut self.state, State::Working);
        let result = {
            let _inside = Inside::enter();
            let _current = self.context.clone().attach();
            step()
        };
        self.state = before;
        result
    }

    /// The response's head is there. `length` is that of its body in bytes, if known.
    pub(crate) fn respond(&mut self, status: u16, length: Option<u64>) {
        let has_no_body = self.is_head || matches!(status, 100..=199 | 204 | 304);
        self.status = Some(status);
        self.remaining = length;
        if has_no_body || length == Some(0) {
            self.complete();
        }
    }

    /// So many bytes of the response's body are on their way. A server drops a body that has given all the bytes it
    /// announced, without asking for its end.
    pub(crate) fn sent(&mut self, bytes: u64) {
        if let Some(remaining) = &mut self.remaining {
            *remaining = remaining.saturating_sub(bytes);
            if *remaining == 0 {
                self.complete();
            }
        }
    }

    /// The response is whole: if it is dropped from now on, nothing is missing.
    pub(crate) fn complete(&mut self) {
        self.state = State::Complete;
    }

    pub(crate) fn fail(&mut self, failure: Failure) {
        self.state = State::Failed(failure);
    }

    fn failure(&self, end: SystemTime) -> Option<Failure> {
        match self.state {
            State::Complete => None,
            State::Failed(failure) => Some(failure),
            State::Working => Some(Failure::Panic),
            State::Open => {
                let age = end.duration_since(self.start).unwrap_or_default();
                let timed_out = self.timeout.is_some_and(|timeout| age >= timeout);
                Some(if timed_out { Failure::Timeout } else { Failure::Cancelled })
            }
        }
    }

    fn end(&self) {
        let end = self.receipt.present();
        let span = self.context.span();
        let error_status = self.status.filter(|status| self.settings.error_statuses.contains(*status));
        let error: Option<(Value, &str)> = match (error_status, self.failure(end)) {
            // What the status code says needs no description.
            (Some(status), _) => Some((status.to_string().into(), "")),
            (None, Some(failure)) => Some((failure.as_str().into(), failure.description())),
            (None, None) => None,
        };

        if let Some(status) = self.status {
            span.set_attribute(KeyValue::new("http.response.status_code", i64::from(status)));
        }
        if let Some((kind, description)) = error {
            span.set_attribute(KeyValue::new("error.type", kind));
            span.set_status(Status::error(description));
        }
        span.end_with_timestamp(end);
    }
}

impl Drop for InferredSpan {
    fn drop(&mut self) {
        unless_panic(|| self.end());
    }
}

fn is_unsampled(context: &Context) -> bool {
    let span = context.span();
    span.span_context().is_valid() && !span.span_context().is_sampled()
}

fn strip(headers: &mut impl RequestHeaders) {
    let names = headers.pairs().map(|(name, _)| name);
    let names: Vec<_> = names.filter(|name| is_proxy_header(name)).map(str::to_owned).collect();
    for name in names {
        headers.remove(&name);
    }
}

/// This thread is inside a gateway's span until this is dropped.
struct Inside {
    before: bool,
}

impl Inside {
    fn enter() -> Self {
        Self { before: INSIDE.replace(true) }
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        INSIDE.set(self.before);
    }
}
