//! What generic code may ask of the public types, and that it can name them.

use std::error::Error;
use std::fmt::{Debug, Display};
use std::hash::Hash;
use std::str::FromStr;

use apigateway_inferred_span::tower::{InferredSpanService, ResponseBody, ResponseFuture};
use apigateway_inferred_span::{
    ApiGatewayInferredSpan, InferredSpan, InvalidProxyRequest, InvalidXRayTraceHeader, Proxy, ProxyRequest,
    RejectionKind, RequestView, Stats, XRay, XRayTraceHeader,
};

fn is_shared<T: Debug + Send + Sync + Unpin>() {}
fn is_cloned<T: Clone>() {}
fn is_default<T: Default>() {}
fn is_value<T: Clone + Eq>() {}
fn is_key<T: Copy + Eq + Hash>() {}
fn is_text<T: Display>() {}
fn is_error<T: Error + Send + Sync + Unpin + 'static>() {}
fn is_debug<T: Debug>() {}
#[cfg(feature = "export")]
fn is_exporter<T: opentelemetry_sdk::trace::SpanExporter>() {}

#[test]
fn the_layer_goes_wherever_a_router_does() {
    is_shared::<ApiGatewayInferredSpan>();
    is_cloned::<ApiGatewayInferredSpan>();
    is_default::<ApiGatewayInferredSpan>();
    is_shared::<InferredSpanService<()>>();
    is_cloned::<InferredSpanService<()>>();
    is_shared::<ResponseFuture<std::future::Ready<()>>>();
    is_shared::<ResponseBody<String>>();
    is_default::<ResponseBody<String>>();
}

#[test]
fn the_span_goes_into_extensions() {
    is_shared::<InferredSpan>();
    is_cloned::<InferredSpan>();
}

#[test]
fn values_are_compared_and_shown() {
    is_shared::<ProxyRequest<'static>>();
    is_value::<ProxyRequest<'static>>();
    is_shared::<Stats>();
    is_value::<Stats>();
    is_shared::<XRay>();
    is_key::<XRay>();
    is_default::<XRay>();
    is_shared::<Proxy>();
    is_key::<Proxy>();
    is_text::<Proxy>();
    is_shared::<RejectionKind>();
    is_key::<RejectionKind>();
    is_text::<RejectionKind>();
    is_shared::<XRayTraceHeader>();
    is_key::<XRayTraceHeader>();
    is_text::<XRayTraceHeader>();
    // Lent to a closure: nobody keeps it, or sends it anywhere.
    is_debug::<RequestView<'_>>();
}

#[test]
fn errors_go_into_boxes() {
    is_error::<InvalidProxyRequest>();
    is_value::<InvalidProxyRequest>();
    is_error::<InvalidXRayTraceHeader>();
    is_error::<<XRayTraceHeader as FromStr>::Err>();
    #[cfg(feature = "otlp")]
    is_error::<apigateway_inferred_span::otlp::Error>();
}

#[cfg(feature = "actix-web")]
#[test]
fn the_middleware_of_actix_web_is_named() {
    use apigateway_inferred_span::actix;

    is_shared::<actix::InferredSpanMiddleware<()>>();
    is_cloned::<actix::InferredSpanMiddleware<()>>();
    is_shared::<actix::ResponseFuture<std::future::Ready<()>>>();
    is_shared::<actix::ResponseBody<String>>();
}

#[cfg(feature = "lambda")]
#[test]
fn the_futures_of_lambda_are_named() {
    use apigateway_inferred_span::lambda::{EventFuture, InvocationFuture};

    is_shared::<EventFuture<std::future::Ready<()>>>();
    is_shared::<InvocationFuture<std::future::Ready<()>, String>>();
}

#[cfg(feature = "export")]
#[test]
fn exporters_go_into_providers() {
    use apigateway_inferred_span::export::PerServiceExporter;
    use opentelemetry_sdk::trace::InMemorySpanExporter;

    is_shared::<PerServiceExporter<InMemorySpanExporter>>();
    is_exporter::<PerServiceExporter<InMemorySpanExporter>>();
    #[cfg(feature = "otlp")]
    {
        use apigateway_inferred_span::otlp::{Builder, Exporter, Guard};

        is_shared::<Exporter>();
        is_exporter::<Exporter>();
        is_shared::<Guard>();
        is_debug::<Builder>();
    }
}
