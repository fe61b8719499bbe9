use opentelemetry::KeyValue;

use super::ApiGatewayInferredSpan;
use crate::observe::span::CustomAttributes;
use crate::request::{Host, RequestView};

/// # The span's names and attributes
impl ApiGatewayInferredSpan {
    /// Names the service of the gateway at `domain`, which defaults to the domain itself.
    ///
    /// Adds to what `DD_SERVICE_MAPPING` (`api.example.com:orders-api,...`) says, and takes precedence over it. Case and
    /// a trailing dot make no difference; a port must match, and without one every port does.
    ///
    /// ```
    /// # use apigateway_inferred_span::ApiGatewayInferredSpan;
    /// let layer = ApiGatewayInferredSpan::new().service_mapping("api.example.com", "orders-api");
    /// ```
    pub fn service_mapping(self, domain: impl Into<String>, service: impl Into<String>) -> Self {
        let (domain, service) = (domain.into(), service.into());
        self.with(|core| match Host::parse(domain.trim()) {
            Some(host) if !service.trim().is_empty() => core.span.services.map(&host, service.trim().to_owned()),
            Some(_) => core.unusable.add("service_mapping", format!("{domain:?} is mapped to no name; ignored")),
            None => core.unusable.add("service_mapping", format!("{domain:?} is no domain; ignored")),
        })
    }

    /// The number of domains that may become services, in addition to those of
    /// [`service_mapping`](Self::service_mapping) and the exact ones of [`allow_domains`](Self::allow_domains).
    ///
    /// Spans for further domains keep the application's service. Defaults to 100. A domain that was unused for an hour
    /// gives up its place if there are too many. Clones of a layer share the limit: in actix-web, make the layer once
    /// outside of the closure of `HttpServer::new`, and clone it there.
    ///
    /// ```
    /// # use apigateway_inferred_span::ApiGatewayInferredSpan;
    /// let layer = ApiGatewayInferredSpan::new().max_services(10);
    /// ```
    pub fn max_services(self, count: usize) -> Self {
        self.with(|core| core.span.services.limit(count))
    }

    /// Follows OpenTelemetry's semantic conventions where Datadog's contract differs.
    ///
    /// The span is named `{method} {route}` (`{method}` without a route) instead of `aws.apigateway`, which reads best in
    /// Jaeger and Tempo, and has `cloud.provider`, `cloud.region`, `cloud.account.id` and `cloud.resource_id` instead of
    /// `region`, `account_id` and `dd_resource_key`. The other attributes are OpenTelemetry's either way.
    ///
    /// Defaults to what `DD_TRACE_OTEL_SEMANTICS_ENABLED` says (`true` or `1`), otherwise false.
    ///
    /// ```
    /// # use apigateway_inferred_span::ApiGatewayInferredSpan;
    /// let layer = ApiGatewayInferredSpan::new().otel_semantics(true);
    /// ```
    pub fn otel_semantics(self, otel: bool) -> Self {
        self.with(|core| core.span.otel_semantics = otel)
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

    /// Adds attributes of your own, such as a tenant or what an authorizer found out, which the gateway can map to headers.
    ///
    /// The closure sees what the gateway said, and the request's other headers. It is called only for spans that are
    /// recorded, after their start, so that samplers don't see these attributes. At most 16 are set; texts are cut to
    /// 1 KiB. Names that the span itself uses are left out, which is logged once. If the closure panics, there are none. By
    /// default there are none; called again, this replaces the closure.
    ///
    /// ```
    /// use apigateway_inferred_span::opentelemetry::KeyValue;
    /// # use apigateway_inferred_span::ApiGatewayInferredSpan;
    ///
    /// let layer = ApiGatewayInferredSpan::new().attributes(|request| {
    ///     let tenant = request.header("x-tenant").and_then(|tenant| std::str::from_utf8(tenant).ok());
    ///     tenant.map(|tenant| KeyValue::new("tenant.id", tenant.to_owned()))
    /// });
    /// ```
    pub fn attributes<I>(self, attributes: impl Fn(&RequestView<'_>) -> I + Send + Sync + 'static) -> Self
    where
        I: IntoIterator<Item = KeyValue>,
    {
        self.with(|core| core.span.custom = Some(CustomAttributes::new(attributes)))
    }

    /// Whether the caller's identity (`x-dd-proxy-user`) becomes the attribute `aws_user`.
    ///
    /// Defaults to false, because it is personal data. It is what the client claims where a caller has no identity (a
    /// REST API leaves out an empty value, so that the client's own header passes), and on every method or route
    /// without the mapping: map it on all of them, and record it only if callers have to be identified.
    ///
    /// ```
    /// # use apigateway_inferred_span::ApiGatewayInferredSpan;
    /// let layer = ApiGatewayInferredSpan::new().record_user(true);
    /// ```
    pub fn record_user(self, record: bool) -> Self {
        self.with(|core| core.span.personal.user = record)
    }

    /// Whether the client's address becomes the attribute `client.address`: the first one of an HTTP API's `Forwarded`, or
    /// of any other gateway's `X-Forwarded-For`.
    ///
    /// Defaults to false, because it is personal data. Clients can send these headers, too: it is what they claim. On AWS
    /// Lambda it is the event's `sourceIp`, which the gateway saw itself.
    ///
    /// ```
    /// # use apigateway_inferred_span::ApiGatewayInferredSpan;
    /// let layer = ApiGatewayInferredSpan::new().record_client_address(true);
    /// ```
    pub fn record_client_address(self, record: bool) -> Self {
        self.with(|core| core.span.personal.client_address = record)
    }
}
