use std::sync::Arc;
use std::time::Duration;

use http::{HeaderName, HeaderValue};

use super::ApiGatewayInferredSpan;
use crate::request::RequestView;
use crate::trust::{DomainPattern, Secret};

/// # Trust
///
/// Any client that can bypass the gateway, or call a method without the mapping, can set the gateway's headers itself.
///
/// A value that can't be used, such as an empty secret, trusts nobody, and is logged at warn when a service is made of
/// the layer. Surrounding white space is dropped.
impl ApiGatewayInferredSpan {
    /// Only trusts requests for these domains: exact ones such as `api.example.com`, or all below one, such as
    /// `*.example.com`, which doesn't include `example.com`. Defaults to any domain.
    ///
    /// Case and a trailing dot make no difference. A port (`localhost:4566`) must match; without one, every port does.
    /// Exact domains don't count against [`max_services`](Self::max_services).
    ///
    /// ```
    /// # use apigateway_inferred_span::ApiGatewayInferredSpan;
    /// let layer = ApiGatewayInferredSpan::new().allow_domains(["api.example.com", "*.internal.example.com"]);
    /// ```
    pub fn allow_domains<D: Into<String>>(self, domains: impl IntoIterator<Item = D>) -> Self {
        self.with(|core| {
            core.unusable.forget("allow_domains");
            let patterns = domains.into_iter().map(Into::into).filter_map(|domain| {
                let pattern = DomainPattern::parse(domain.trim());
                if pattern.is_none() {
                    let text = format!(
                        "{domain:?} is no domain, such as api.example.com, localhost:4566 or *.example.com, and matches \
                         no request"
                    );
                    core.unusable.add("allow_domains", text);
                }
                pattern
            });
            let patterns: Vec<_> = patterns.collect();
            core.span.services.list(patterns.iter().filter_map(DomainPattern::exact));
            core.trust.domains = Some(patterns);
        })
    }

    /// Only trusts requests through the APIs with these ids (`x-dd-proxy-api-id`). Defaults to any API.
    ///
    /// ```
    /// # use apigateway_inferred_span::ApiGatewayInferredSpan;
    /// let layer = ApiGatewayInferredSpan::new().allow_api_ids(["a1b2c3d4e5"]);
    /// ```
    pub fn allow_api_ids<I: Into<String>>(self, ids: impl IntoIterator<Item = I>) -> Self {
        self.with(|core| {
            core.unusable.forget("allow_api_ids");
            let ids = ids.into_iter().map(|id| id.into().trim().to_owned()).filter(|id| {
                let is_id = !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric());
                if !is_id {
                    let text = format!("{id:?} is no id of an API, such as a1b2c3d4e5, and matches no request");
                    core.unusable.add("allow_api_ids", text);
                }
                is_id
            });
            core.trust.api_ids = Some(ids.collect());
        })
    }

    /// Only trusts requests that carry this header (its name in any case) with exactly this value. Configure the
    /// gateway to add it as a static mapping, and keep it secret.
    ///
    /// Values are compared in constant time. By default there is no secret.
    ///
    /// A request with the right secret came through the gateway: if a client has added a second value of an optional
    /// header, that header is left out, where the request would be rejected otherwise.
    ///
    /// ```
    /// # use apigateway_inferred_span::ApiGatewayInferredSpan;
    /// # let secret = "from your secrets manager";
    /// let layer = ApiGatewayInferredSpan::new().shared_secret("x-gateway-secret", secret);
    /// ```
    pub fn shared_secret(self, header: impl Into<String>, value: impl Into<Vec<u8>>) -> Self {
        let (header, value) = (header.into().trim().to_ascii_lowercase(), value.into());
        let is_visible = |b: &u8| !b.is_ascii_whitespace();
        let visible = value.iter().position(is_visible).zip(value.iter().rposition(is_visible));
        let value = visible.and_then(|(first, last)| value.get(first..=last)).unwrap_or_default().to_owned();
        let problem = if header.parse::<HeaderName>().is_err() {
            Some(format!("{header:?} is no name of a header"))
        } else if value.is_empty() {
            Some("the secret is empty".to_owned())
        } else if HeaderValue::from_bytes(&value).is_err() {
            Some("the secret has characters that no header has".to_owned())
        } else {
            None
        };
        self.with(|core| {
            core.unusable.forget("shared_secret");
            let value = problem.is_none().then_some(value);
            if let Some(problem) = problem {
                core.unusable.add("shared_secret", problem + ", so that no request is trusted");
            }
            core.trust.secret = Some(Secret { header, value });
        })
    }

    /// Only trusts requests that the gateway received at most this long ago, and, if clocks differ, at most this far in
    /// the future. Defaults to any age.
    ///
    /// A request without a time is rejected, so that those of Azure's Application Gateway and Front Door, which send
    /// none, are too.
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
        self.with(|core| {
            core.unusable.forget("max_request_age");
            if age.is_zero() {
                core.unusable.add("max_request_age", "0 s rejects nearly every request".to_owned());
            }
            core.trust.max_age = Some(age);
        })
    }

    /// Only trusts requests for which this returns true. Called last, once all other checks have passed. By default, no such
    /// check is made.
    ///
    /// Useful for excluding health checks, too. The requests that it rejects are logged at debug only.
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
    /// In actix-web they stay in a request whose `HttpRequest` a middleware further out holds, whose headers can't be
    /// written (logged once, at warn).
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
