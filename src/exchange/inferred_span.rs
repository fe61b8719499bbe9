//! What travels with a request: the gateway's span, for whoever has the request.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use opentelemetry::trace::{SpanContext, TraceContextExt as _};
use opentelemetry::Context;

use crate::catch_panic::catch_panic;
use crate::observe::span::GatewaySpan;
use crate::request::{KeptHeaders, ProxyRequest};

/// A request's gateway span, which the layer inserts into the request's extensions.
///
/// Every request that the layer accepts has one. It stays with the request in other tasks and threads and behind buffers,
/// where the current context is lost.
///
/// # Examples
///
/// In an axum handler, with [`axum::Extension`]; `Option<Extension<InferredSpan>>` also takes requests that didn't
/// come through the gateway. In actix-web it is `ReqData<InferredSpan>`.
///
/// ```
/// use apigateway_inferred_span::InferredSpan;
/// use axum::Extension;
///
/// async fn order(Extension(gateway): Extension<InferredSpan>) -> String {
///     format!("stage {:?}, trace {}", gateway.request().stage(), gateway.span_context().trace_id())
/// }
/// ```
///
/// A span in another task, below the gateway's:
///
/// ```
/// use apigateway_inferred_span::InferredSpan;
/// use opentelemetry::trace::{FutureExt as _, Tracer as _};
///
/// async fn audit(gateway: InferredSpan) {
///     let work = async {
///         let span = opentelemetry::global::tracer("orders").start("audit");
///         // ..
///         drop(span);
///     };
///     tokio::spawn(work.with_context(gateway.context().clone()));
/// }
/// ```
///
/// [`axum::Extension`]: https://docs.rs/axum/0.8/axum/struct.Extension.html
#[derive(Clone)]
pub struct InferredSpan {
    shared: Arc<Shared>,
}

struct Shared {
    above: Above,
    request: KeptHeaders,
    /// A lock, because the exchange takes it out at its end: a clone that the application keeps must not hold the
    /// application's span open.
    server_span: Mutex<ServerSpan>,
}

/// The application's span, for the exchange to complete and to end.
#[derive(Debug)]
enum ServerSpan {
    /// If one was made.
    Open(Option<tracing::Span>),
    /// The exchange has ended: nobody would end another one.
    Over,
}

/// What is above the application's span.
#[derive(Debug)]
pub(super) enum Above {
    Gateway(GatewaySpan),
    /// There is no gateway span: the parent is the segment that X-Ray has recorded, or the client's span.
    Other(Context),
}

/// In the extensions of a request that the layer has looked at and made no exchange of, so that a second layer doesn't
/// judge it again.
#[derive(Clone, Copy, Debug)]
pub(super) struct NoExchange;

impl InferredSpan {
    pub(super) fn new(above: Above, request: KeptHeaders) -> Self {
        Self { shared: Arc::new(Shared { above, request, server_span: Mutex::new(ServerSpan::Open(None)) }) }
    }

    /// The context that the application runs in, with the gateway's span and the client's baggage.
    ///
    /// If X-Ray has recorded the gateway ([`XRay::Defer`](crate::XRay::Defer)), its span is the segment that X-Ray
    /// recorded. On AWS Lambda with layers on the runtime and on the router, it is the one that is current at the
    /// router: the function's, below the gateway's.
    #[must_use]
    pub fn context(&self) -> &Context {
        match &self.shared.above {
            Above::Gateway(span) => span.context(),
            Above::Other(context) => context,
        }
    }

    /// The span context of [`context`](Self::context)'s span: its trace id, span id and sampling decision.
    #[must_use]
    pub fn span_context(&self) -> SpanContext {
        self.context().span().span_context().clone()
    }

    /// The values from the gateway, which the layer trusted, even if the headers have been stripped since.
    ///
    /// Each call parses them again.
    #[must_use]
    pub fn request(&self) -> ProxyRequest<'_> {
        self.shared.request.read()
    }

    pub(super) fn gateway_span(&self) -> Option<&GatewaySpan> {
        match &self.shared.above {
            Above::Gateway(span) => Some(span),
            Above::Other(_) => None,
        }
    }

    pub(super) fn headers(&self) -> &KeptHeaders {
        &self.shared.request
    }

    /// Has the exchange complete and end this span, in place of the one before: of several attempts, the client gets the
    /// last one's response.
    pub(crate) fn keep_server_span(&self, span: &tracing::Span) {
        let span = span.clone();
        let before = match &mut *self.server_span() {
            ServerSpan::Open(kept) => kept.replace(span),
            ServerSpan::Over => Some(span),
        };
        // Not within the lock: it may call the application's subscriber, which may look for this very span.
        drop(before);
    }

    fn server_span(&self) -> MutexGuard<'_, ServerSpan> {
        self.shared.server_span.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records the response's status in the application's span, if that has fields for it.
    pub(super) fn record_status(&self, status: u16, is_error: bool) {
        let span = match &*self.server_span() {
            ServerSpan::Open(Some(span)) => span.clone(),
            ServerSpan::Open(None) | ServerSpan::Over => return,
        };
        call_subscriber(span, |span| {
            // As `i64`: `tracing-opentelemetry` makes text of unsigned numbers.
            span.record("http.response.status_code", i64::from(status));
            if is_error {
                span.record("otel.status_code", "ERROR");
            }
        });
    }

    /// Ends the application's span now, unless somebody else still holds it.
    ///
    /// In OpenTelemetry, a span of `tracing` ends when it was last left, which for a request that is cut off would be
    /// its last poll: so it is entered once more.
    pub(super) fn end_server_span(&self) {
        let kept = std::mem::replace(&mut *self.server_span(), ServerSpan::Over);
        let ServerSpan::Open(Some(span)) = kept else { return };
        call_subscriber(span, |span| span.in_scope(|| ()));
    }
}

/// Does something with the span and drops it, each of which calls the application's subscriber. Guarded one by one: if it
/// panicked while it unwinds, the process would abort.
fn call_subscriber(span: tracing::Span, step: impl FnOnce(&tracing::Span)) {
    catch_panic(|| step(&span));
    catch_panic(|| drop(span));
}

impl fmt::Debug for InferredSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InferredSpan")
            .field("span_context", &self.span_context())
            .field("request", &self.request())
            .finish_non_exhaustive()
    }
}
