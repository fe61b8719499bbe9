//! The headers, and what has to be mapped to each.

use std::fmt;

use clap::ValueEnum;

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
    rest: Source,
    http: Source,
}

impl Header {
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

const fn header(name: &'static str, class: Class, rest: &'static str, http: &'static str) -> Header {
    Header { name, class, rest: Source::Text(rest), http: Source::Text(http) }
}

/// In the order in which they are written.
pub(crate) static HEADERS: [Header; 12] = [
    header(PROXY, Class::Required, "'aws-apigateway'", "aws-httpapi"),
    header(
        "x-dd-proxy-request-time-ms",
        Class::Required,
        "context.requestTimeEpoch",
        // An HTTP API knows seconds only.
        "${context.requestTimeEpoch}000",
    ),
    header("x-dd-proxy-domain-name", Class::Required, "context.domainName", "$context.domainName"),
    header("x-dd-proxy-httpmethod", Class::Required, "context.httpMethod", "$context.httpMethod"),
    header("x-dd-proxy-path", Class::Required, "context.path", "$context.path"),
    header("x-dd-proxy-stage", Class::Required, "context.stage", "$context.stage"),
    header("x-dd-proxy-resource-path", Class::Recommended, "context.resourcePath", "$context.routeKey"),
    header("x-dd-proxy-account-id", Class::Recommended, "context.accountId", "$context.accountId"),
    header("x-dd-proxy-api-id", Class::Recommended, "context.apiId", "$context.apiId"),
    Header { name: "x-dd-proxy-region", class: Class::Recommended, rest: Source::Region, http: Source::Region },
    header("x-dd-proxy-request-id", Class::Recommended, "context.extendedRequestId", "$context.requestId"),
    header("x-dd-proxy-user", Class::OnRequest, "context.identity.user", "$context.identity.user"),
];

/// The headers that are wanted.
pub(crate) fn wanted(user: bool) -> impl Iterator<Item = &'static Header> {
    HEADERS.iter().filter(move |header| user || header.class != Class::OnRequest)
}
