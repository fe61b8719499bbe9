"""What README's application sends for a list of requests, recorded once so that every receiver judges the same."""

import concurrent.futures
import pathlib
from collections.abc import Callable
from dataclasses import dataclass

import traffic
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from otlp import CLIENT, Sent, spans_of, text
from process import Program, free_port
from recorder import recorder

APPLICATION, UPSTREAM = "orders", "shop"
# Nobody stops an application with requests at work; they have all been answered or cut off by then.
SLOWEST_END = 30


@dataclass
class Capture:
    cases: list[traffic.Case]
    spans: list[Sent]
    has_edge: bool


def capture(
    program: pathlib.Path,
    work: pathlib.Path,
    cases: list[traffic.Case],
    has_edge: bool,
    service: str = APPLICATION,
) -> Capture:
    def send(port: int) -> None:
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda case: traffic.send(port, case), cases))

    environment = {"APIGATEWAY_INFERRED_SPAN_SERVICE_GRAPH": "true" if has_edge else ""}
    spans = record(program, work / f"{service}-{has_edge}.log", send, service, environment)
    return Capture(cases, spans + [client_span(case, spans) for case in cases if case.traced], has_edge)


def record(
    program: pathlib.Path,
    log: pathlib.Path,
    send: Callable[[int], None],
    service: str = APPLICATION,
    more: dict[str, str] | None = None,
) -> list[Sent]:
    """What the application sends by OTLP when `send` has sent requests to its port."""
    with recorder(200, b"") as (receiver, posts):
        port = free_port()
        environment = {
            "PORT": str(port),
            "OTEL_SERVICE_NAME": service,
            "OTEL_RESOURCE_ATTRIBUTES": "service.instance.id=1,host.name=host-1,deployment.environment.name=test",
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{receiver}",
            "OTEL_METRICS_EXPORTER": "none",
            "OTEL_BSP_MAX_QUEUE_SIZE": "100000",
            "DD_TRACE_INFERRED_PROXY_SERVICES_ENABLED": "true",
        }
        with Program([str(program)], environment | (more or {}), port, log) as running:
            send(port)
            code, _ = running.interrupt(SLOWEST_END)
        if code != 0:
            raise AssertionError(f"the application ends with {code}: {log.read_text()[-2000:]}")
    return spans_of(ExportTraceServiceRequest.FromString(body) for path, body in posts if path == "/v1/traces")


def client_span(case: traffic.Case, spans: list[Sent]) -> Sent:
    """That of the traced client, which is made here.

    It has its answer before the server is quite done with it. So it ends with the gateway's, as if there were a network
    between them."""
    ends = [sent.span.end_time_unix_nano for sent in spans if sent.trace_id == case.trace_id]
    span = Span(
        trace_id=bytes.fromhex(case.trace_id),
        span_id=bytes.fromhex(case.client_span_id),
        name="GET",
        kind=CLIENT,
        start_time_unix_nano=case.client_start,
        end_time_unix_nano=max(case.client_end, *ends),
        attributes=[text("http.request.method", "GET"), text("server.address", case.domain)],
    )
    return Sent(Resource(attributes=[text("service.name", UPSTREAM)]), span)
