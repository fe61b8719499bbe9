//! The middleware for [actix-web](actix_web).
//!
//! The same [`ApiGatewayInferredSpan`], with the same settings, in `App::wrap`:
//!
//! ```
//! use actix_web::{test, web, App};
//! use apigateway_inferred_span::ApiGatewayInferredSpan;
//!
//! # use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};
//! # let exporter = InMemorySpanExporter::default();
//! # let provider = SdkTracerProvider::builder().with_simple_exporter(exporter.clone()).build();
//! # actix_web::rt::System::new().block_on(async {
//! let app = App::new()
//!     .route("/users/{id}", web::get().to(|| async { "Ada" }))
//!     // .wrap(TracingLogger::default()), or whatever makes your server span
//!     .wrap(ApiGatewayInferredSpan::new() // last, so that it is outermost
//!         .enabled(true) // or DD_TRACE_INFERRED_PROXY_SERVICES_ENABLED=true
//!         .tracer_provider(&provider)); // or the global one
//!
//! let app = test::init_service(app).await;
//! let request = test::TestRequest::get()
//!     .uri("/users/42")
//!     .insert_header(("x-dd-proxy", "aws-apigateway"))
//!     .insert_header(("x-dd-proxy-request-time-ms", "1729780025473"));
//! assert_eq!(test::call_and_read_body(&app, request.to_request()).await, "Ada");
//! # });
//!
//! let spans = exporter.get_finished_spans()?;
//! assert_eq!(spans[0].name, "aws.apigateway");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A client that leaves before the response goes unnoticed by actix-web: its handler runs on, and the span ends with
//! the response that nobody reads. An error that a middleware further in returns counts by the status that actix-web
//! will answer with.

use std::fmt;
use std::future::{ready, Future, Ready};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{ready, Context, Poll};

use actix_web::body::{BodySize, MessageBody};
use actix_web::dev::{forward_ready, Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::http::Method;
use actix_web::web::Bytes;
use actix_web::Error;
use pin_project_lite::pin_project;

use crate::exchange::{Failure, InferredSpan};
use crate::hints;
use crate::layer::Settings;
use crate::parent::RequestHeaders;
use crate::request::names::X_DD_PROXY;
use crate::ApiGatewayInferredSpan;

static X_DD_PROXY_NAME: HeaderName = HeaderName::from_static(X_DD_PROXY);

impl<S, B> Transform<S, ServiceRequest> for ApiGatewayInferredSpan
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    type Response = ServiceResponse<ResponseBody<B>>;
    type Error = Error;
    type Transform = InferredSpanMiddleware<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        ready(Ok(InferredSpanMiddleware { inner, settings: self.active() }))
    }
}

/// Puts a span for the API gateway above what `S` does; made by [`ApiGatewayInferredSpan`].
#[derive(Clone, Debug)]
pub struct InferredSpanMiddleware<S> {
    inner: S,
    /// `None` where the middleware is off.
    settings: Option<Arc<Settings>>,
}

impl<S> InferredSpanMiddleware<S> {
    fn span_above(&self, request: &mut ServiceRequest) -> Option<Box<InferredSpan>> {
        let settings = self.settings.as_ref()?;
        if !request.headers().contains_key(&X_DD_PROXY_NAME) {
            hints::without_header();
            return None;
        }
        let is_head = request.method() == Method::HEAD;
        InferredSpan::infer(settings, is_head, request.headers_mut())
    }
}

impl<S, B> Service<ServiceRequest> for InferredSpanMiddleware<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    type Response = ServiceResponse<ResponseBody<B>>;
    type Error = Error;
    type Future = ResponseFuture<S::Future>;

    forward_ready!(inner);

    fn call(&self, mut request: ServiceRequest) -> Self::Future {
        let mut span = self.span_above(&mut request);
        let inner = match &mut span {
            None => self.inner.call(request),
            Some(span) => span.enter(|| self.inner.call(request)),
        };
        ResponseFuture { inner, span }
    }
}

pin_project! {
    /// The response to come, of [`InferredSpanMiddleware`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<F> {
        // Dropped before the span, so that spans within end first.
        #[pin]
        inner: F,
        span: Option<Box<InferredSpan>>,
    }
}

impl<F, B> Future for ResponseFuture<F>
where
    F: Future<Output = Result<ServiceResponse<B>, Error>>,
    B: MessageBody,
{
    type Output = Result<ServiceResponse<ResponseBody<B>>, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let result = match this.span {
            None => ready!(this.inner.poll(cx)),
            Some(span) => {
                let result = ready!(span.enter(|| this.inner.poll(cx)));
                match &result {
                    Ok(response) => {
                        span.respond(response.status().as_u16(), length(response.response().body()));
                    }
                    Err(error) => {
                        let status = error.as_response_error().status_code();
                        span.respond(status.as_u16(), Some(0));
                    }
                }
                result
            }
        };
        let span = this.span.take();
        Poll::Ready(result.map(|response| response.map_body(|_, inner| ResponseBody { inner: Some(inner), span })))
    }
}

pin_project! {
    /// A response's body, of [`InferredSpanMiddleware`].
    pub struct ResponseBody<B> {
        // `None` once a body below a span has come to its end: spans that it held end before that span.
        #[pin]
        inner: Option<B>,
        span: Option<Box<InferredSpan>>,
    }
}

impl<B> fmt::Debug for ResponseBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseBody").field("span", &self.span).finish_non_exhaustive()
    }
}

impl<B: MessageBody> MessageBody for ResponseBody<B> {
    type Error = B::Error;

    fn size(&self) -> BodySize {
        self.inner.as_ref().map_or(BodySize::Sized(0), B::size)
    }

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, B::Error>>> {
        let mut this = self.project();
        let Some(inner) = this.inner.as_mut().as_pin_mut() else {
            return Poll::Ready(None);
        };
        let Some(span) = this.span else {
            return inner.poll_next(cx);
        };
        let chunk = ready!(span.enter(|| inner.poll_next(cx)));
        match &chunk {
            Some(Ok(bytes)) => {
                span.sent(bytes.len() as u64);
                return Poll::Ready(chunk);
            }
            Some(Err(_)) => span.fail(Failure::Body),
            None => span.complete(),
        }
        this.inner.set(None);
        *this.span = None;
        Poll::Ready(chunk)
    }
}

fn length(body: &impl MessageBody) -> Option<u64> {
    match body.size() {
        BodySize::None => Some(0),
        BodySize::Sized(length) => Some(length),
        BodySize::Stream => None,
    }
}

impl RequestHeaders for HeaderMap {
    fn pairs(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.iter().map(|(name, value)| (name.as_str(), value.as_bytes()))
    }

    fn first(&self, name: &str) -> Option<&[u8]> {
        Some(self.get(name)?.as_bytes())
    }

    fn values(&self, name: &str) -> Vec<&str> {
        self.get_all(name).filter_map(|value| value.to_str().ok()).collect()
    }

    fn set(&mut self, name: &str, value: Vec<u8>) {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::try_from(value)) {
            self.insert(name, value);
        }
    }

    fn remove(&mut self, name: &str) {
        HeaderMap::remove(self, name);
    }
}
