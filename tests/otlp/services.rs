//! Which Resource spans arrive under, and on how many connections.

use std::collections::BTreeSet;
use std::time::Duration;

use super::*;

/// The Datadog Agent takes one stream at a time.
#[test]
fn exports_by_grpc_come_one_at_a_time_and_by_http_on_few_connections() {
    for protocol in ["http/protobuf", "grpc"] {
        let receiver = Receiver::speaking(protocol);
        receiver.be_slow(Duration::from_millis(10));
        let url = receiver.url();
        run("many services", &[SERVICE, (PROTOCOL, protocol), (ENDPOINT, &url)]);
        assert_eq!(receiver.spans().len(), 100, "{protocol}");
        let most = receiver.most_at_a_time();
        assert!(most <= if protocol == "grpc" { 1 } else { 4 }, "{protocol}: {most}");
    }
}

#[test]
fn what_a_client_says_of_regions_makes_no_services() {
    for protocol in ["http/protobuf", "grpc"] {
        let receiver = Receiver::speaking(protocol);
        let url = receiver.url();
        run("many regions", &[SERVICE, (PROTOCOL, protocol), (ENDPOINT, &url)]);
        let spans = receiver.spans();
        assert_eq!(spans.len(), 200, "{protocol}");
        let resources: BTreeSet<_> = spans.iter().map(|arrived| format!("{:?}", arrived.resource)).collect();
        assert_eq!(resources.len(), 2, "{protocol}: {resources:?}");
    }
}

/// What decides comes first.
#[test]
fn a_limit_of_attributes_keeps_the_gateway_apart() {
    for protocol in ["http/protobuf", "grpc"] {
        let receiver = Receiver::speaking(protocol);
        let url = receiver.url();
        let limit = ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "5");
        run("multi-threaded", &[SERVICE, (PROTOCOL, protocol), (ENDPOINT, &url), limit]);
        assert_two_services(&receiver, protocol);
        assert!(receiver.spans()[0].span.attributes.len() <= 5, "{protocol}");
    }
}

#[test]
fn where_the_application_runs_is_not_said_of_the_gateway() {
    let attributes = "aws.log.group.names=app,aws.eks.cluster.arn=arn:aws:eks:::cluster/1,host.name=h,team=shop";
    for protocol in ["http/protobuf", "grpc"] {
        let receiver = Receiver::speaking(protocol);
        let url = receiver.url();
        let attributes = ("OTEL_RESOURCE_ATTRIBUTES", attributes);
        run("multi-threaded", &[SERVICE, (PROTOCOL, protocol), (ENDPOINT, &url), attributes]);
        assert_two_services(&receiver, protocol);
        let spans = receiver.spans();
        for key in ["aws.log.group.names", "aws.eks.cluster.arn", "host.name", "team"] {
            let [gateway, application] = [&spans[0], &spans[1]].map(|arrived| arrived.resource(key));
            assert!(application.is_some(), "{key}");
            assert_eq!(gateway.is_some(), key == "team", "{key}");
        }
    }
}
