//! Which gateway sent the request: `x-dd-proxy`, or the kind of an AWS Lambda function's event.

use std::fmt;
use std::time::Duration;

/// The gateway that sent the request: the value of `x-dd-proxy`, or the kind of event that an AWS Lambda function got.
///
/// Values of the header are those of [Datadog's documentation][docs], compared without regard to ASCII case. The last two
/// have none: they are only ever found in events.
///
/// [docs]: https://docs.datadoghq.com/tracing/trace_collection/proxy_setup/apigateway/
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Proxy {
    /// `aws-apigateway`: an Amazon API Gateway REST API (v1).
    RestApi,
    /// `aws-httpapi`: an Amazon API Gateway HTTP API (v2).
    HttpApi,
    /// `azure-apim`: Azure API Management.
    AzureApiManagement,
    /// `azure-gw`: Azure Application Gateway. It can't send its time; without one the span starts at the time of receipt.
    AzureApplicationGateway,
    /// `azure-fd`: Azure Front Door. It can't send its time; without one the span starts at the time of receipt.
    AzureFrontDoor,
    /// An AWS Lambda [function URL](https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html).
    LambdaFunctionUrl,
    /// An Amazon API Gateway WebSocket API, of which each connection and each message is an event.
    WebSocketApi,
}

impl Proxy {
    /// Every gateway that a header can name. New ones go before the last of these, so that the compiler misses them in
    /// here.
    pub(super) const OF_HEADERS: [Self; Self::AzureFrontDoor as usize + 1] =
        [Self::RestApi, Self::HttpApi, Self::AzureApiManagement, Self::AzureApplicationGateway, Self::AzureFrontDoor];

    /// Reads a value in lower case.
    pub(super) fn from_canonical(value: &[u8]) -> Option<Self> {
        Self::OF_HEADERS.into_iter().find(|proxy| proxy.as_str().as_bytes() == value)
    }

    /// Reads a value in any case.
    pub(super) fn parse(value: &str) -> Option<Self> {
        Self::OF_HEADERS.into_iter().find(|proxy| proxy.as_str().eq_ignore_ascii_case(value))
    }

    /// The value of `x-dd-proxy` in lower case, which is also the span's `component`: `aws-apigateway` for a WebSocket
    /// API, too.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RestApi | Self::WebSocketApi => "aws-apigateway",
            Self::HttpApi => "aws-httpapi",
            Self::AzureApiManagement => "azure-apim",
            Self::AzureApplicationGateway => "azure-gw",
            Self::AzureFrontDoor => "azure-fd",
            Self::LambdaFunctionUrl => "aws-lambda-url",
        }
    }

    /// The name of the gateway's span, the one that Datadog's tracers use.
    pub(crate) const fn span_name(self) -> &'static str {
        match self {
            Self::RestApi | Self::WebSocketApi => "aws.apigateway",
            Self::HttpApi => "aws.httpapi",
            Self::AzureApiManagement => "azure.apim",
            Self::AzureApplicationGateway => "azure.app-gateway",
            Self::AzureFrontDoor => "azure.frontdoor",
            Self::LambdaFunctionUrl => "aws.lambda.url",
        }
    }

    /// The span's `span.type`, by which Datadog groups services.
    pub(crate) const fn span_type(self) -> &'static str {
        match self {
            Self::LambdaFunctionUrl => "http",
            _ => "web",
        }
    }

    /// How long the gateway waits for the application before it answers by itself, if there is one
    /// [documented default][quotas]: 29 seconds for a REST API or a WebSocket API, 30 seconds for an HTTP API. A function
    /// URL has none: it waits for as long as the function may run.
    ///
    /// [quotas]: https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
    #[must_use]
    pub const fn integration_timeout(self) -> Option<Duration> {
        match self {
            Self::RestApi | Self::WebSocketApi => Some(Duration::from_secs(29)),
            Self::HttpApi => Some(Duration::from_secs(30)),
            Self::AzureApiManagement
            | Self::AzureApplicationGateway
            | Self::AzureFrontDoor
            | Self::LambdaFunctionUrl => None,
        }
    }

    /// The status that the gateway answers when its [timeout](Self::integration_timeout) is over.
    pub(crate) const fn timeout_status(self) -> Option<u16> {
        match self {
            Self::RestApi => Some(504),
            Self::HttpApi => Some(503),
            Self::AzureApiManagement
            | Self::AzureApplicationGateway
            | Self::AzureFrontDoor
            | Self::LambdaFunctionUrl
            | Self::WebSocketApi => None,
        }
    }

    /// The span's `cloud.provider`.
    pub(crate) const fn cloud_provider(self) -> &'static str {
        match self {
            Self::RestApi | Self::HttpApi | Self::LambdaFunctionUrl | Self::WebSocketApi => "aws",
            Self::AzureApiManagement | Self::AzureApplicationGateway | Self::AzureFrontDoor => "azure",
        }
    }

    pub(super) const fn always_sends_time(self) -> bool {
        match self {
            Self::RestApi | Self::HttpApi | Self::AzureApiManagement | Self::LambdaFunctionUrl | Self::WebSocketApi => {
                true
            }
            Self::AzureApplicationGateway | Self::AzureFrontDoor => false,
        }
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
