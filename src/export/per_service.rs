//! The exporter that exports each service's spans through a separate exporter.

use std::future::{poll_fn, Future};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};
use std::task::Poll;
use std::time::{Duration, Instant};

use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use opentelemetry_sdk::Resource;

use super::exporters::{for_each, panicked, Exporters};
use crate::catch_panic::catch_panic;

/// A span exporter that exports each service's spans under a separate `Resource`.
///
/// Add it to the tracer provider in place of the exporter that it wraps. See the [module's documentation](super) for an
/// example, and for the `Resource` of each span.
///
/// # Errors
///
/// The services' exports run concurrently, and a failed one doesn't stop the others; the first error is returned. An
/// exporter that panics counts as failed, and is replaced for the next export. There is no time limit beyond the
/// exporters' own: an export ends when the last of its exporters does.
///
/// After a shutdown, every call returns
/// [`AlreadyShutdown`](opentelemetry_sdk::error::OTelSdkError::AlreadyShutdown).
#[derive(Debug)]
pub struct PerServiceExporter<E> {
    // Also locked while exporters are made and closed. No other thread waits, because exports don't overlap.
    exporters: Mutex<Exporters<E>>,
    warning: Once,
}

impl<E: SpanExporter + 'static> PerServiceExporter<E> {
    /// Creates an exporter that calls `make` for each exporter that it needs: once here, for the application, and once
    /// for each other service, when its first span is exported, on the thread that exports.
    ///
    /// Pass each of them a clone of one HTTP client or channel, so that they share connections.
    ///
    /// ```
    /// use apigateway_inferred_span::export::PerServiceExporter;
    /// use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};
    ///
    /// let exporter = PerServiceExporter::new(InMemorySpanExporter::default);
    /// let provider = SdkTracerProvider::builder().with_batch_exporter(exporter).build();
    /// ```
    ///
    /// # Panics
    ///
    /// If `make` panics, which reveals an unusable configuration at the start. If a later call panics, that service's
    /// spans are exported under the application's `Resource`.
    pub fn new(make: impl FnMut() -> E + Send + 'static) -> Self {
        Self { exporters: Mutex::new(Exporters::new(Box::new(make))), warning: Once::new() }
    }

    /// The number of services, in addition to the application, that may have an exporter at a time. Defaults to 100.
    ///
    /// Gateways with the same name in different regions or accounts are one service. With 0, all spans are exported
    /// under the application's `Resource`.
    ///
    /// ```
    /// # use apigateway_inferred_span::export::PerServiceExporter;
    /// # use opentelemetry_sdk::trace::InMemorySpanExporter;
    /// let exporter = PerServiceExporter::new(InMemorySpanExporter::default).max_services(10);
    /// ```
    #[must_use]
    pub fn max_services(mut self, max: usize) -> Self {
        self.exporters_mut().max_services = max;
        self
    }

    /// How long a service must have been without spans before another service may take its place, once there are
    /// [`max_services`](Self::max_services). Defaults to 5 minutes.
    ///
    /// With 0, requests for ever new domains would open and close exporters all the time.
    ///
    /// ```
    /// # use apigateway_inferred_span::export::PerServiceExporter;
    /// # use opentelemetry_sdk::trace::InMemorySpanExporter;
    /// use std::time::Duration;
    ///
    /// let exporter =
    ///     PerServiceExporter::new(InMemorySpanExporter::default).min_idle_time(Duration::from_secs(60 * 60));
    /// ```
    #[must_use]
    pub fn min_idle_time(mut self, idle: Duration) -> Self {
        self.exporters_mut().min_idle_time = idle;
        self
    }

    /// Whether a gateway's span is exported as two spans, so that service graphs show an edge from the gateway to the
    /// application. Defaults to false. [Service graphs](super#service-graphs) lists the attributes of each, and the
    /// backends that need it.
    ///
    /// ```
    /// use apigateway_inferred_span::export::PerServiceExporter;
    /// use apigateway_inferred_span::ApiGatewayInferredSpan;
    /// use http::{Request, Response};
    /// use opentelemetry::trace::SpanKind;
    /// use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};
    /// use tower::{service_fn, Layer as _, ServiceExt as _};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let memory = InMemorySpanExporter::default();
    /// let spans = memory.clone();
    /// let exporter = PerServiceExporter::new(move || memory.clone()).service_graph(true);
    /// let provider = SdkTracerProvider::builder().with_simple_exporter(exporter).build();
    ///
    /// let app = service_fn(|_| async { Ok::<_, std::convert::Infallible>(Response::new(String::new())) });
    /// let app = ApiGatewayInferredSpan::new().enabled(true).tracer_provider(&provider).layer(app);
    /// let request = Request::get("/orders/42")
    ///     .header("x-dd-proxy", "aws-apigateway")
    ///     .header("x-dd-proxy-request-time-ms", "1736973768000")
    ///     .header("x-dd-proxy-domain-name", "api.example.com")
    ///     .body(String::new())?;
    /// drop(app.oneshot(request).await?);
    ///
    /// let spans = spans.get_finished_spans()?;
    /// assert_eq!([&spans[0].span_kind, &spans[1].span_kind], [&SpanKind::Server, &SpanKind::Client]);
    /// assert_eq!(spans[1].parent_span_id, spans[0].span_context.span_id());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn service_graph(mut self, service_graph: bool) -> Self {
        self.exporters_mut().service_graph = service_graph;
        self
    }

    fn exporters(&self) -> MutexGuard<'_, Exporters<E>> {
        self.exporters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn exporters_mut(&mut self) -> &mut Exporters<E> {
        self.exporters.get_mut().unwrap_or_else(PoisonError::into_inner)
    }

    async fn export_to(&self, exporter: Option<Arc<E>>, spans: Vec<SpanData>) -> OTelSdkResult {
        let Some(exporter) = exporter else {
            return panicked();
        };
        let mut export = Box::pin({
            let exporter = Arc::clone(&exporter);
            async move { exporter.export(spans).await }
        });
        let result = poll_fn(|cx| match catch_panic(|| export.as_mut().poll(cx)) {
            Some(poll) => poll.map(Some),
            None => Poll::Ready(None),
        });
        if let Some(result) = result.await {
            return result;
        }
        self.exporters().forget(&exporter);
        // It may panic again when dropped.
        catch_panic(|| drop((export, exporter)));
        panicked()
    }
}

impl<E: SpanExporter + 'static> SpanExporter for PerServiceExporter<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let split = self.exporters().split(batch)?;
        if split.overflows {
            self.warning.call_once(|| {
                tracing::warn!(
                    "more services than exporters (max_services): the spans of some are exported under the \
                     application's own Resource"
                );
            });
        }
        let exports = split.batches.into_iter();
        join_all(exports.map(|(exporter, spans)| self.export_to(exporter, spans))).await
    }

    fn force_flush(&self) -> OTelSdkResult {
        let exporters = self.exporters().all()?;
        for_each(exporters, E::force_flush)
    }

    /// Shuts down all exporters, one after another. `timeout` covers all of them: each gets the time that is left.
    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        let exporters = self.exporters().take_all()?;
        let start = Instant::now();
        for_each(exporters, |exporter| exporter.shutdown_with_timeout(timeout.saturating_sub(start.elapsed())))
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporters_mut().set_resource(resource);
    }
}

/// Runs all concurrently, until the last one ends. Returns the first error.
async fn join_all(exports: impl Iterator<Item = impl Future<Output = OTelSdkResult> + Send>) -> OTelSdkResult {
    let mut pending: Vec<Pin<Box<_>>> = exports.map(Box::pin).collect();
    let mut result = Ok(());
    poll_fn(|cx| {
        pending.retain_mut(|export| match export.as_mut().poll(cx) {
            Poll::Ready(Err(error)) if result.is_ok() => {
                result = Err(error);
                false
            }
            Poll::Ready(_) => false,
            Poll::Pending => true,
        });
        if pending.is_empty() {
            return Poll::Ready(());
        }
        Poll::Pending
    })
    .await;
    result
}
