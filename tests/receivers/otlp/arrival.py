"""The quickstart's spans arrive by either protocol, straight and through a collector, as two services."""

from argparse import Namespace
from collections.abc import Callable

import agent
import rotel_collector
import quickstart
from process import wait_until
from table import Part


def checks(arguments: Namespace) -> list[Callable[[], Part]]:
    agent_ports = {"http/protobuf": arguments.agent_http, "grpc": arguments.agent_grpc}
    straight = [
        lambda protocol=protocol, port=port: check(arguments, f"test agent, {protocol}", protocol, port)
        for protocol, port in agent_ports.items()
    ]
    through = [lambda protocol=protocol: through_rotel(arguments, protocol) for protocol in agent_ports]
    return straight + through


def through_rotel(arguments: Namespace, protocol: str) -> Part:
    exporter = [
        "--exporter=otlp",
        "--otlp-exporter-protocol=http",
        f"--otlp-exporter-endpoint=http://127.0.0.1:{arguments.agent_http}",
    ]
    name = protocol.replace("/", "-")
    with rotel_collector.start(arguments, f"rotel-otlp-{name}", *exporter) as rotel:
        port = rotel.grpc if protocol == "grpc" else rotel.http
        return check(arguments, f"rotel, {protocol}", protocol, port)


def check(arguments: Namespace, name: str, protocol: str, port: int) -> Part:
    part = Part(f"quickstart -> {name}")
    made = quickstart.run(arguments, protocol, port)
    trace_ids = {span["trace_id"] for span in made}
    arrived: list[agent.Span] = []

    def all_are_there() -> bool:
        arrived[:] = agent.read(arguments.agent_http, trace_ids)
        return len(arrived) >= len(made)

    wait_until(all_are_there, 15)
    part.equal("every span arrives, once", sorted(map(identity, arrived)), sorted(map(said, made)), len(made))
    compare_resources(part, arrived)
    compare_parents(part, arrived)
    outcomes(part, arrived)
    return part


def said(span: dict) -> tuple:
    """What the quickstart says of a span, as far as every receiver keeps it."""
    names = "trace_id", "span_id", "parent_span_id", "service", "name", "kind", "start_unix_nano", "end_unix_nano"
    return *(span[name] for name in names), span["status"]


def identity(span: agent.Span) -> tuple:
    ids = span.trace_id, span.span_id, span.parent_id
    return *ids, span.resource["service.name"], span.name, span.kind, span.start, span.end, span.status


def compare_resources(part: Part, spans: list[agent.Span]) -> None:
    resources = {span.resource["service.name"]: span.resource for span in spans}
    part.equal("two services", sorted(resources), ["api.example.com", "orders"])
    sdk = {key: value for key, value in resources["orders"].items() if key.startswith("telemetry.sdk.")}
    part.equal(
        "the application's Resource is what its environment says",
        resources["orders"],
        {"service.name": "orders"} | sdk | quickstart.OF_BOTH | quickstart.OF_THE_PROCESS,
    )
    part.equal(
        "the gateway's has its cloud, and nothing of the process (host.*, ...)",
        resources["api.example.com"],
        sdk | quickstart.OF_BOTH | quickstart.OF_THE_GATEWAY,
    )


def compare_parents(part: Part, spans: list[agent.Span]) -> None:
    gateways = {span.span_id: span for span in spans if is_gateway(span)}
    part.equal("a span of the gateway for each request", len(gateways), 8)
    part.equal("  and no other span under its Resource", services_of(gateways.values()), {"api.example.com"})
    servers = [span for span in spans if span.kind == "server" and not is_gateway(span)]
    part.equal(
        "the application's server spans are its children, one each",
        sorted(span.parent_id for span in servers),
        sorted(gateways),
    )
    part.row(
        all(gateways[span.parent_id].trace_id == span.trace_id for span in servers),
        "  in its traces",
    )
    part.row(
        all(gateways[span.parent_id].start < span.start for span in servers),
        "  and begin after it",
    )


def outcomes(part: Part, spans: list[agent.Span]) -> None:
    """What the Collector's X-Ray exporter makes segments of: its own rules, beside rotel's, see xray.py."""
    found = set()
    for span in filter(is_gateway, spans):
        status = span.attributes.get("http.response.status_code", 0)
        fault = "fault" if status >= 500 else "error" if status >= 400 else "ok"
        inferred = span.attributes.get("inferred_span.status_inferred", False)
        found.add((span.resource["service.name"], span.kind, status, inferred, fault, span.status))
    part.equal(
        "service, kind, status and whose it is, X-Ray's fault and the span's status agree",
        sorted(found),
        sorted(
            ("api.example.com", "server", *outcome)
            for outcome in [
                (200, False, "ok", "unset"),
                (404, False, "error", "unset"),
                (500, False, "fault", "error"),
                # Cut off at the gateway's timeout: its client got the gateway's own status.
                (504, True, "fault", "error"),
            ]
        ),
    )


def is_gateway(span: agent.Span) -> bool:
    return "_dd.inferred_span" in span.attributes


def services_of(spans) -> set[str]:
    return {span.resource["service.name"] for span in spans}
