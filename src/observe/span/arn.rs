//! The API's ARN.

use crate::request::{Proxy, ProxyRequest};

/// The parts that make the API's [ARN], if those of the request look like what they should be.
///
/// [ARN]: https://docs.aws.amazon.com/apigateway/latest/developerguide/arn-format-reference.html
pub(super) fn arn<'a>(request: &'a ProxyRequest<'_>) -> Option<[&'a str; 8]> {
    let kind = match request.proxy() {
        Proxy::RestApi => "restapis",
        Proxy::HttpApi => "apis",
        // A function URL is no API, and a WebSocket API has another form of ARN.
        Proxy::LambdaFunctionUrl | Proxy::WebSocketApi => return None,
        Proxy::AzureApiManagement | Proxy::AzureApplicationGateway | Proxy::AzureFrontDoor => return None,
    };
    let is_region = |s: &&str| s.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    let is_id = |s: &&str| s.bytes().all(|b| b.is_ascii_alphanumeric());
    let region = request.region().filter(is_region)?;
    let id = request.api_id().filter(is_id)?;
    let partition = match region {
        _ if region.starts_with("us-gov-") => "aws-us-gov",
        _ if region.starts_with("cn-") => "aws-cn",
        _ => "aws",
    };
    Some(["arn:", partition, ":apigateway:", region, "::/", kind, "/", id])
}

#[cfg(test)]
mod tests {
    use super::arn;
    use crate::request::ProxyRequest;

    fn arn_of(proxy: &str, region: &str, api_id: &str) -> Option<String> {
        let headers = [
            ("x-dd-proxy", proxy),
            ("x-dd-proxy-request-time-ms", "1729780025473"),
            ("x-dd-proxy-region", region),
            ("x-dd-proxy-api-id", api_id),
        ];
        let request = ProxyRequest::from_headers(headers.iter().map(|(name, value)| (*name, *value)));
        Some(arn(&request.expect("valid").expect("from a gateway"))?.concat())
    }

    #[test]
    fn arn_has_partition_region_and_kind_of_api() {
        for (proxy, region, expected) in [
            ("aws-apigateway", "eu-west-3", "arn:aws:apigateway:eu-west-3::/restapis/a1b2c3d4e5"),
            ("aws-httpapi", "eu-west-3", "arn:aws:apigateway:eu-west-3::/apis/a1b2c3d4e5"),
            ("aws-apigateway", "us-gov-west-1", "arn:aws-us-gov:apigateway:us-gov-west-1::/restapis/a1b2c3d4e5"),
            ("aws-httpapi", "cn-north-1", "arn:aws-cn:apigateway:cn-north-1::/apis/a1b2c3d4e5"),
        ] {
            assert_eq!(arn_of(proxy, region, "a1b2c3d4e5").as_deref(), Some(expected));
        }
    }

    #[test]
    fn arn_is_left_out_if_a_part_is_unusable() {
        for (proxy, region, api_id) in [
            ("azure-apim", "eu-west-3", "a1b2c3d4e5"),
            ("azure-gw", "eu-west-3", "a1b2c3d4e5"),
            ("azure-fd", "eu-west-3", "a1b2c3d4e5"),
            ("aws-apigateway", "", "a1b2c3d4e5"),
            ("aws-apigateway", "eu-west-3", ""),
            ("aws-apigateway", "EU-WEST-3", "a1b2c3d4e5"),
            ("aws-apigateway", "eu:west", "a1b2c3d4e5"),
            ("aws-apigateway", "eu west", "a1b2c3d4e5"),
            ("aws-httpapi", "eu-west-3", "a1b2/stages"),
            ("aws-httpapi", "eu-west-3", "a1b2-c3"),
            ("aws-httpapi", "eu-west-3", "\u{e9}"),
        ] {
            assert_eq!(arn_of(proxy, region, api_id), None, "{proxy} {region:?} {api_id:?}");
        }
    }
}
