use std::sync::Arc;

use super::ApiGatewayInferredSpan;
use crate::observe::span::ServiceNames;

/// # The span's names and attributes
impl ApiGatewayInferredSpan {
    /// Names the service of the gateway at `domain`, which defaults to the domain itself.
    ///
    /// Adds to what `DD_SERVICE_MAPPING` (`api.example.com:orders-api,...`) says, and takes precedence over it.
    ///
    /// ```
    /// # use apigateway_inferred_span::ApiGatewayInferredSpan;
    /// let layer = ApiGatewayInferredSpan::new().service_mapping("api.example.com", "orders-api");
    /// ```
    pub fn service_mapping(self, domain: impl Into<String>, service: impl Into<String>) -> Self {
        let pair = (domain.into(), service.into());
        self.with(|core| core.span.service_mapping.insert(0, pair))
    }

    /// The number of domains that may become services, in addition to those of
    /// [`service_mapping`](Self::service_mapping).
    ///
    /// Spans for further domains keep the application's service. Defaults to 100, counted since the process started.
    ///
    /// ```
    /// # use apigateway_inferred_span::ApiGatewayInferredSpan;
    /// let layer = ApiGatewayInferredSpan::new().max_services(10);
    /// ```
    pub fn max_services(self, count: usize) -> Self {
        let service_names = Arc::new(ServiceNames::at_most(count));
        self.with(|core| core.span.service_names = service_names)
    }

    /// Names the span `{method} {route}` (`{method}` without a route), as OpenTelemetry's semantic conventions require,
    /// instead of `aws.apigateway`. This reads best in Jaeger and Tempo; the attributes are the same.
    ///
    /// Defaults to what `DD_TRACE_OTEL_SEMANTICS_ENABLED` says (`true` or `1`), otherwise false.
    ///
    /// ```
    /// # use apigateway_inferred_span::ApiGatewayInferredSpan;
    /// let layer = ApiGatewayInferredSpan::new().otel_span_name(true);
    /// ```
    pub fn otel_span_name(self, otel: bool) -> Self {
        self.with(|core| core.span.otel_span_name = otel)
    }

    /// Whether ids in a path are replaced by `{id}` in the resource name of an API that sends no resource path.
    ///
    /// Ids are segments of digits, UUIDs and hexadecimal of 16 digits or more. The attribute `url.path` is not
    /// changed. Defaults to true, because backends keep statistics by resource name.
    ///
    /// ```
    /// # use apigateway_inferred_span::ApiGatewayInferredSpan;
    /// let layer = ApiGatewayInferredSpan::new().parameterize_paths(false);
    /// ```
    pub fn parameterize_paths(self, parameterize: bool) -> Self {
        self.with(|core| core.span.parameterize_paths = parameterize)
    }

    /// Whether the caller's identity (`x-dd-proxy-user`) becomes the attribute `aws_user`.
    ///
    /// Defaults to false, because it is personal data.
    ///
    /// ```
    /// # use apigateway_inferred_span::ApiGatewayInferredSpan;
    /// let layer = ApiGatewayInferredSpan::new().record_user(true);
    /// ```
    pub fn record_user(self, record: bool) -> Self {
        self.with(|core| core.span.record_user = record)
    }

    /// Whether the client's address, the first one in `X-Forwarded-For`, becomes the attribute `client.address`.
    ///
    /// Defaults to false, because it is personal data. Clients can send that header, too: it is what they claim.
    ///
    /// ```
    /// # use apigateway_inferred_span::ApiGatewayInferredSpan;
    /// let layer = ApiGatewayInferredSpan::new().record_client_address(true);
    /// ```
    pub fn record_client_address(self, record: bool) -> Self {
        self.with(|core| core.span.record_client_address = record)
    }
}
