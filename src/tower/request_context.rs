//! The request's context as `lambda_http` has it, in the request's extensions.

use std::borrow::Cow;
use std::sync::Arc;

use lambda_http::aws_lambda_events::apigw::{
    ApiGatewayProxyRequestContext, ApiGatewayRequestIdentity, ApiGatewayV2httpRequestContext,
    ApiGatewayWebsocketProxyRequestContext,
};
use lambda_http::request::RequestContext as LambdaHttpContext;

use super::request::Parts;
use crate::core::Core;
use crate::exchange::{self, Exchange, Invocation};
use crate::request::context::{Authorizer, Http, Iam, Identity, Object, RequestContext, Text};

/// Begins the exchange of a request with a context.
pub(super) fn begin(core: &Arc<Core>, parts: &mut Parts<'_>) -> Option<Box<Exchange>> {
    // Counted for every event: what comes after the first one doesn't wait for the function's start.
    let is_cold_start = Invocation::is_first();
    // Taken out, because the extensions are written to while these are read.
    let context = parts.extensions.remove::<LambdaHttpContext>();
    let lambda = parts.extensions.remove::<lambda_runtime::Context>();
    let exchange = match context.as_ref().and_then(read) {
        Some(context) => {
            let lambda = lambda.as_ref();
            let invocation = Invocation {
                context,
                function_arn: lambda.map(|lambda| lambda.invoked_function_arn.as_str()),
                x_ray: lambda.and_then(|lambda| lambda.xray_trace_id.as_deref()),
                is_cold_start,
            };
            exchange::begin_event(core, &invocation, parts)
        }
        None => {
            exchange::strip(core, parts);
            None
        }
    };
    if let Some(context) = context {
        parts.extensions.insert(context);
    }
    if let Some(lambda) = lambda {
        parts.extensions.insert(lambda);
    }
    exchange
}

/// `None` for load balancers, VPC Lattice, and other events.
fn read(context: &LambdaHttpContext) -> Option<RequestContext<'_>> {
    match context {
        LambdaHttpContext::ApiGatewayV1(context) => Some(rest(context)),
        LambdaHttpContext::ApiGatewayV2(context) => Some(http(context)),
        LambdaHttpContext::WebSocket(context) => Some(web_socket(context)),
        _ => None,
    }
}

fn rest(context: &ApiGatewayProxyRequestContext) -> RequestContext<'_> {
    RequestContext {
        account_id: (&context.account_id).into(),
        api_id: (&context.apiid).into(),
        domain_name: (&context.domain_name).into(),
        request_id: (&context.request_id).into(),
        resource_id: (&context.resource_id).into(),
        resource_path: (&context.resource_path).into(),
        stage: (&context.stage).into(),
        http_method: context.http_method.as_str().into(),
        path: (&context.path).into(),
        protocol: (&context.protocol).into(),
        request_time_epoch: context.request_time_epoch.into(),
        identity: identity(&context.identity),
        ..RequestContext::default()
    }
}

fn http(context: &ApiGatewayV2httpRequestContext) -> RequestContext<'_> {
    let iam = context.authorizer.as_ref().and_then(|authorizer| authorizer.iam.as_ref());
    let iam = iam.map(|iam| Iam { user_id: (&iam.user_id).into() });
    RequestContext {
        account_id: (&context.account_id).into(),
        api_id: (&context.apiid).into(),
        domain_name: (&context.domain_name).into(),
        request_id: (&context.request_id).into(),
        route_key: (&context.route_key).into(),
        stage: (&context.stage).into(),
        time_epoch: context.time_epoch.into(),
        http: Object(Some(Http {
            method: context.http.method.as_str().into(),
            path: (&context.http.path).into(),
            protocol: (&context.http.protocol).into(),
            source_ip: (&context.http.source_ip).into(),
            user_agent: (&context.http.user_agent).into(),
        })),
        authorizer: Object(Some(Authorizer { iam: Object(iam) })),
        ..RequestContext::default()
    }
}

fn web_socket(context: &ApiGatewayWebsocketProxyRequestContext) -> RequestContext<'_> {
    let method = context.http_method.as_ref().map(|method| Cow::Borrowed(method.as_str()));
    RequestContext {
        account_id: (&context.account_id).into(),
        api_id: (&context.apiid).into(),
        domain_name: (&context.domain_name).into(),
        extended_request_id: (&context.extended_request_id).into(),
        request_id: (&context.request_id).into(),
        resource_id: (&context.resource_id).into(),
        resource_path: (&context.resource_path).into(),
        route_key: (&context.route_key).into(),
        stage: (&context.stage).into(),
        http_method: Text::from(method),
        message_direction: (&context.message_direction).into(),
        request_time_epoch: context.request_time_epoch.into(),
        identity: identity(&context.identity),
        ..RequestContext::default()
    }
}

fn identity(identity: &ApiGatewayRequestIdentity) -> Object<Identity<'_>> {
    Object(Some(Identity {
        source_ip: (&identity.source_ip).into(),
        user: (&identity.user).into(),
        user_agent: (&identity.user_agent).into(),
    }))
}
