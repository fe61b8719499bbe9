//! The headers, and what has to be mapped to each.

use std::fmt;

use clap::ValueEnum;

use Source::{Region, Text};

/// The two kinds of API that reach an application over HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Api {
    Rest,
    Http,
}

impl fmt::Display for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rest => "REST API",
            Self::Http => "HTTP API",
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    /// The six of Datadog's documentation: tracers make no span without them, or a poor one.
    Required,
    Recommended,
    /// Personal data, and forgeable where the caller has no identity: only with `--user`.
    OnRequest,
}

impl Class {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Recommended => "recommended",
            Self::OnRequest => "on request",
        }
    }
}

/// What a header is mapped from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// The value of the mapping, as the gateway reads it.
    Text(&'static str),
    /// No variable of the gateway has the region: each tool has its own.
    Region,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) name: &'static str,
    pub(crate) class: Class,
    rest_key: &'static str,
    http_key: &'static str,
    rest: Source,
    http: Source,
}

impl Header {
    /// The key of its mapping.
    pub(crate) fn key(&self, api: Api) -> &'static str {
        match api {
            Api::Rest => self.rest_key,
            Api::Http => self.http_key,
        }
    }

    pub(crate) fn source(&self, api: Api) -> Source {
        match api {
            Api::Rest => self.rest,
            Api::Http => self.http,
        }
    }
}

/// The gateway's name of itself.
pub(crate) const PROXY: &str = "x-dd-proxy";

/// What Datadog's documentation writes for HTTP APIs too.
pub(crate) const AWS_APIGATEWAY: &str = "aws-apigateway";

macro_rules! header {
    ($name:literal, $class:ident, $rest:expr, $http:expr) => {
        Header {
            name: $name,
            class: Class::$class,
            rest_key: concat!("integration.request.header.", $name),
            http_key: concat!("overwrite:header.", $name),
            rest: $rest,
            http: $http,
        }
    };
}

/// In the order in which they are written.
pub(crate) static HEADERS: [Header; 12] = [
    header!("x-dd-proxy", Required, Text("'aws-apigateway'"), Text("aws-httpapi")),
    // An HTTP API knows seconds only.
    header!(
        "x-dd-proxy-request-time-ms",
        Required,
        Text("context.requestTimeEpoch"),
        Text("${context.requestTimeEpoch}000")
    ),
    header!("x-dd-proxy-domain-name", Required, Text("context.domainName"), Text("$context.domainName")),
    header!("x-dd-proxy-httpmethod", Required, Text("context.httpMethod"), Text("$context.httpMethod")),
    header!("x-dd-proxy-path", Required, Text("context.path"), Text("$context.path")),
    header!("x-dd-proxy-stage", Required, Text("context.stage"), Text("$context.stage")),
    header!("x-dd-proxy-resource-path", Recommended, Text("context.resourcePath"), Text("$context.routeKey")),
    header!("x-dd-proxy-account-id", Recommended, Text("context.accountId"), Text("$context.accountId")),
    header!("x-dd-proxy-api-id", Recommended, Text("context.apiId"), Text("$context.apiId")),
    header!("x-dd-proxy-region", Recommended, Region, Region),
    header!("x-dd-proxy-request-id", Recommended, Text("context.extendedRequestId"), Text("$context.requestId")),
    header!("x-dd-proxy-user", OnRequest, Text("context.identity.user"), Text("$context.identity.user")),
];

/// What a user has to know who wants that header.
pub(crate) const USER: &str = "the gateway has a value for x-dd-proxy-user only on methods and routes with IAM \
                               authorization; elsewhere, the client's own header passes, mapped or not";

/// The headers that are wanted.
pub(crate) fn wanted(user: bool) -> impl Iterator<Item = &'static Header> {
    HEADERS.iter().filter(move |header| user || header.class != Class::OnRequest)
}
