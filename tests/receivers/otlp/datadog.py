"""What rotel's Datadog exporter makes of the quickstart's spans."""

from argparse import Namespace

import collector
import protobuf
import quickstart
from process import wait_until
from recorder import recorder
from table import Part

# Fields of Datadog's AgentPayload, TracerPayload, TraceChunk and Span.
TRACER_PAYLOADS, CHUNKS, SPANS = 5, 6, 3
SERVICE, NAME, RESOURCE, TRACE_ID, SPAN_ID, PARENT_ID, START, DURATION, ERROR, META, METRICS, TYPE = range(1, 13)


def check(arguments: Namespace) -> Part:
    part = Part("quickstart -> rotel -> Datadog's intake")
    with recorder(202) as (port, posts):
        exporter = [
            "--exporter=datadog",
            "--datadog-exporter-api-key=none",
            f"--datadog-exporter-custom-endpoint=http://127.0.0.1:{port}",
        ]
        with collector.start(arguments, "rotel-datadog", *exporter) as rotel:
            made = quickstart.run(arguments, "grpc", rotel.grpc)
            wait_until(lambda: len(spans(posts)) >= len(made), 15)
    found = spans(posts)
    part.equal("every span arrives", sorted(found), sorted(int(span["span_id"], 16) for span in made), len(made))

    gateways = quickstart.gateways(made)
    seen = [found.get(int(span["span_id"], 16), b"") for span in gateways]
    part.equal(
        "the gateway's service, name, resource and type",
        [tuple(text(span, number) for number in (SERVICE, NAME, RESOURCE, TYPE)) for span in seen],
        [("api.example.com", "aws.apigateway", span["attributes"]["resource.name"], "web") for span in gateways],
    )
    part.equal(
        "  its error: set where it failed, and not at 404",
        [protobuf.one(span, ERROR, 0) for span in seen],
        [int(span["status"] == "error") for span in gateways],
    )
    metrics = [protobuf.mapping(protobuf.every(span, METRICS)) for span in seen]
    part.equal(
        "  its http.status_code, of 200, 404, 500 and 504",
        [metric.get("http.status_code") for metric in metrics],
        [span["attributes"].get("http.response.status_code") for span in gateways],
    )
    part.equal("  _dd.inferred_span 1", {metric.get("_dd.inferred_span") for metric in metrics}, {1.0})
    meta = [protobuf.mapping(protobuf.every(span, META)) for span in seen]
    part.equal("  env, of its Resource", {tags.get("env") for tags in meta}, {"test"})
    part.equal(
        "  and no host, version or container of the application's",
        sorted({tag for tags in meta for tag in tags if tag in quickstart.OF_THE_PROCESS or tag == "version"}),
        [],
    )
    ids = {int(span["span_id"], 16) for span in gateways}
    children = [span for span in found.values() if protobuf.one(span, PARENT_ID, 0) in ids]
    part.equal(
        "the application's server spans are its children",
        sorted((text(child, SERVICE), protobuf.one(child, PARENT_ID)) for child in children),
        sorted(("orders", span_id) for span_id in ids),
    )
    return part


def spans(posts: list[tuple[str, bytes]]) -> dict[int, bytes]:
    """By id."""
    found = {}
    for path, body in posts:
        if path != "/api/v0.2/traces":
            continue
        for payload in protobuf.every(body, TRACER_PAYLOADS):
            for chunk in protobuf.every(payload, CHUNKS):
                for span in protobuf.every(chunk, SPANS):
                    found[protobuf.one(span, SPAN_ID)] = span
    return found


def text(span: bytes, number: int) -> str:
    return protobuf.one(span, number).decode()
