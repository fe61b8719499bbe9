//! The gateway's span as two, for service graphs.

use super::*;

const SERVICE_GRAPH: &str = "APIGATEWAY_INFERRED_SPAN_SERVICE_GRAPH";

/// Whether the application and the variable say so, and whether there is an edge then.
const TABLE: [(Option<&str>, &str, bool); 6] = [
    (None, "", false),
    (None, "true", true),
    (None, "perhaps", false),
    (Some("on"), "", true),
    (Some("on"), "false", true),
    (Some("off"), "true", false),
];

/// What is known of the gateway's spans: kind, id, parent.
type Half = (SpanKind, String, String);

fn gateways(receiver: &Receiver) -> Vec<Half> {
    let spans = receiver.spans();
    let gateways =
        spans.iter().filter(|arrived| arrived.resource("service.name").as_deref() == Some("api.example.com"));
    gateways
        .map(|arrived| (arrived.span.kind(), hex(&arrived.span.span_id), hex(&arrived.span.parent_span_id)))
        .collect()
}

#[test]
fn the_application_and_then_the_variable_decide() {
    for program in ["own parts", "own provider"] {
        for (own, variable, has_edge) in TABLE {
            let context = format!("{program}, {own:?}, {variable:?}");
            let receiver = Receiver::http();
            let url = receiver.url();
            let mut variables = vec![SERVICE, (ENDPOINT, &url), (SERVICE_GRAPH, variable)];
            variables.extend(own.map(|own| ("OWN_SERVICE_GRAPH", own)));
            run(program, &variables);
            let kinds: Vec<_> = gateways(&receiver).into_iter().map(|(kind, ..)| kind).collect();
            let expected = if has_edge { vec![SpanKind::Server, SpanKind::Client] } else { vec![SpanKind::Server] };
            assert_eq!(kinds, expected, "{context}");
        }
    }
}

#[test]
fn the_application_is_below_the_outgoing_half() {
    for protocol in ["http/protobuf", "grpc"] {
        let receiver = Receiver::speaking(protocol);
        let url = receiver.url();
        run("multi-threaded", &[SERVICE, (PROTOCOL, protocol), (ENDPOINT, &url), (SERVICE_GRAPH, "true")]);
        let spans = receiver.spans();
        assert_eq!(spans.len(), 3, "{protocol}");
        let halves = gateways(&receiver);
        let [(_, incoming, client), (_, outgoing, parent)] = &halves[..] else { panic!("{protocol}: {halves:?}") };
        assert_eq!(client, "00f067aa0ba902b7", "{protocol}");
        assert_eq!(parent, incoming, "{protocol}");
        let application = spans.iter().find(|arrived| arrived.resource("service.name").as_deref() == Some("orders"));
        let application = application.expect("the application's span");
        assert_eq!(hex(&application.span.parent_span_id), *outgoing, "{protocol}");
        // One request, so that both arrive or neither does.
        let exports = receiver.exports().into_iter().filter(|export| {
            let spans = export.request.resource_spans.iter().flat_map(|spans| &spans.scope_spans);
            spans.flat_map(|spans| &spans.spans).any(|span| [incoming, outgoing].contains(&&hex(&span.span_id)))
        });
        assert_eq!(exports.count(), 1, "{protocol}");
    }
}

#[test]
fn what_is_not_sampled_makes_nothing() {
    let receiver = Receiver::http();
    let url = receiver.url();
    run("multi-threaded", &[SERVICE, (ENDPOINT, &url), (SERVICE_GRAPH, "true"), ("SAMPLED", "00")]);
    assert_eq!(receiver.spans().len(), 0);
}
