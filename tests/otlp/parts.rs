//! The pipeline with a part of the application's own.

use super::*;

#[test]
fn a_resource_and_a_layer_are_added() {
    let receiver = Receiver::http();
    let url = receiver.url();
    let team = ("OTEL_RESOURCE_ATTRIBUTES", "team=shop");
    let outcome = run("own parts", &[SERVICE, (ENDPOINT, &url), team]);
    let spans = receiver.spans();
    let [gateway, application] = &spans[..] else { panic!("{spans:?}") };
    assert_eq!(gateway.resource("service.name").as_deref(), Some("api.example.com"));
    assert_eq!(application.resource("service.name").as_deref(), Some("by the program"));
    assert_eq!(application.resource("team").as_deref(), Some("shop"));
    assert_eq!(outcome.says("layer"), "seen");
    assert!(outcome.output.contains(" INFO otlp::program: the log is written"), "{}", outcome.output);
}

#[test]
fn a_subscriber_replaces_the_ready_one() {
    let receiver = Receiver::http();
    let url = receiver.url();
    let outcome = run("own parts", &[SERVICE, (ENDPOINT, &url), ("OWN_SUBSCRIBER", "yes")]);
    assert_eq!(receiver.spans().len(), 2);
    assert_eq!(outcome.says("layer"), "seen");
    assert!(!outcome.output.contains("the log is written"), "{}", outcome.output);
}
