use std::sync::Arc;
use std::time::Duration;

use super::ApiGatewayInferredSpan;
use crate::request::RequestView;

/// # Trust
///
/// Any client that can bypass the gateway, or call a method without the mapping, can set the gateway's headers itself.
impl ApiGatewayInferredSpan {
    /// Only trusts requests for these domains: exact ones such as `api.example.com`, or all below one, such as
    /// `*.example.com`, which doesn't include `example.com`. Defaults to any domain.
    ///
    /// ```
    /// # use apigateway_inferred_span::ApiGatewayInferredSpan;
    /// let layer = ApiGatewayInferredSpan::new().allow_domains(["api.example.com", "*.internal.example.com"]);
    /// ```
    pub fn allow_domains<D: Into<String>>(self, domains: impl IntoIterator<Item = D>) -> Self {
        let domains = domains.into_iter().map(Into::into).collect();
        self.with(|core| core.trust.domains = Some(domains))
    }

    /// Only trusts requests through the APIs with these ids (`x-dd-proxy-api-id`). Defaults to any API.
    ///
    /// ```
    /// # use apigateway_inferred_span::ApiGatewayInferredSpan;
    /// let layer = ApiGatewayInferredSpan::new().allow_api_ids(["a1b2c3d4e5"]);
    /// ```
    pub fn allow_api_ids<I: Into<String>>(self, ids: impl IntoIterator<Item = I>) -> Self {
        let ids = ids.into_iter().map(Into::into).collect();
        self.with(|core| core.trust.api_ids = Some(ids))
    }

    /// Only trusts requests that carry this header (its name in any case) with exactly this value. Configure the
    /// gateway to add it as a static mapping, and keep it secret.
    ///
    /// Values are compared in constant time. By default there is no secret.
    ///
    /// ```
    /// # use apigateway_inferred_span::ApiGatewayInferredSpan;
    /// # let secret = "from your secrets manager";
    /// let layer = ApiGatewayInferredSpan::new().shared_secret("x-gateway-secret", secret);
    /// ```
    pub fn shared_secret(self, header: impl Into<String>, value: impl Into<Vec<u8>>) -> Self {
        let secret = (header.into().to_ascii_lowercase(), value.into());
        self.with(|core| core.trust.secret = Some(secret))
    }

    /// Only trusts requests that the gateway received at most this long ago. Defaults to any age.
    ///
    /// Genuine requests are never older than the gateway's timeout; replayed ones are, and so are examples pasted into
    /// a terminal.
    ///
    /// ```
    /// # use apigateway_inferred_span::ApiGatewayInferredSpan;
    /// use std::time::Duration;
    ///
    /// let layer = ApiGatewayInferredSpan::new().max_request_age(Duration::from_secs(60));
    /// ```
    pub fn max_request_age(self, age: Duration) -> Self {
        self.with(|core| core.trust.max_age = Some(age))
    }

    /// Only trusts requests for which this returns true. Called last, once all other checks have passed.
    ///
    /// ```
    /// # use apigateway_inferred_span::ApiGatewayInferredSpan;
    /// let layer = ApiGatewayInferredSpan::new()
    ///     .accept_if(|request| request.gateway().stage() == Some("prod") && request.header("via").is_some());
    /// ```
    pub fn accept_if(self, accept: impl Fn(&RequestView<'_>) -> bool + Send + Sync + 'static) -> Self {
        let accept = Arc::new(accept);
        self.with(|core| core.trust.accept_if = Some(accept))
    }

    /// Whether the gateway's headers, `x-dd-proxy*` and that of [`shared_secret`](Self::shared_secret), are removed from
    /// the request before the application sees it: trusted or not, and also if the layer is off.
    ///
    /// Defaults to false. Useful for applications that forward their headers to other services, which would otherwise
    /// infer gateway spans from them.
    ///
    /// ```
    /// # use apigateway_inferred_span::ApiGatewayInferredSpan;
    /// let layer = ApiGatewayInferredSpan::new().strip_headers(true);
    /// ```
    pub fn strip_headers(self, strip: bool) -> Self {
        self.with(|core| core.strip_headers = strip)
    }
}
