"""The Collector that is built here: every trace goes through each pipeline, and each writes a file."""

import base64
import json
import pathlib
from contextlib import contextmanager
from collections.abc import Iterator

import documents
from google.protobuf import json_format
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.metrics.v1.metrics_pb2 import NumberDataPoint
from otlp import Sent, attributes, post, spans_of, value
from process import Program, free_port, wait_until

ROUTE, METHOD, STATUS = "http.route", "http.request.method", "http.response.status_code"
# Seconds: long enough for all spans of a trace to come.
DECISION_WAIT = 5
# Milliseconds: so many that no request is slow by accident.
SLOW = 5000


class Collector:
    def __init__(self, folder: pathlib.Path, otlp: int):
        self.folder, self.otlp = folder, otlp

    def spans(self, pipeline: str) -> list[Sent]:
        return spans_of(spans_request(line) for line in self.lines(pipeline))

    def wait_for_spans(self, pipeline: str, count: int) -> bool:
        return wait_until(lambda: len(self.spans(pipeline)) >= count, 20)

    def calls(self) -> dict[tuple, int]:
        """How many spans of each service, kind, method, status and error there were."""
        found = {}
        # Each point says how many there were since the start.
        for line in self.lines("metrics"):
            request = json_format.Parse(line, ExportMetricsServiceRequest())
            for group in request.resource_metrics:
                service = attributes(group.resource).get("service.name")
                for scope in group.scope_metrics:
                    for metric in scope.metrics:
                        if metric.name == "traces.span.metrics.calls":
                            found |= {series(service, point): point.as_int for point in metric.sum.data_points}
        return found

    def lines(self, pipeline: str) -> list[str]:
        path = self.folder / f"{pipeline}.json"
        # Up to the last whole line: the Collector may be at the next one.
        return path.read_text().split("\n")[:-1] if path.exists() else []


def series(service: str, point: NumberDataPoint) -> tuple:
    said = {pair.key: value(pair.value) for pair in point.attributes}
    kind = str(said["span.kind"]).removeprefix("SPAN_KIND_").lower()
    is_error = said["status.code"] == "STATUS_CODE_ERROR"
    return service, kind, said.get(METHOD), said.get(ROUTE), said.get(STATUS), is_error


def configuration(folder: pathlib.Path, otlp: int) -> dict:
    """docs/backends/collector-service-graph.yaml, which writes files: what it exports, and what `service_graph` gets.

    That connector isn't built here. What is for minutes takes seconds, and no trace is kept by chance."""
    document = documents.load("collector-service-graph.yaml")
    documents.listen(document, otlp)
    sampling = document["processors"]["tail_sampling"]
    documents.replace(sampling, "decision_wait", f"{DECISION_WAIT}s")
    policies = {policy["name"]: policy for policy in sampling["policies"]}
    documents.replace(policies, "slow latency threshold_ms", SLOW)
    documents.replace(policies, "share probabilistic sampling_percentage", 0)
    documents.replace(document, "connectors span_metrics metrics_flush_interval", "1s")
    pipelines = document["service"]["pipelines"]
    documents.replace_component(pipelines, "traces exporters", "service_graph", "file/all")
    documents.replace_component(pipelines, "traces/outgoing exporters", "service_graph", "file/outgoing")
    documents.replace_component(pipelines, "traces/sampled exporters", "otlp_http/traces", "file/sampled")
    documents.replace_component(pipelines, "metrics exporters", "otlp_http/metrics", "file/metrics")
    pipelines["metrics"]["receivers"].remove("service_graph")
    del document["connectors"]["service_graph"]
    document["exporters"] = {
        f"file/{name}": {"path": str(folder / f"{name}.json")} for name in ("all", "outgoing", "sampled", "metrics")
    }
    return document


@contextmanager
def collector(program: pathlib.Path, work: pathlib.Path, name: str, spans: list[Sent]) -> Iterator[Collector]:
    """Yields it when it has got the spans."""
    folder = work / name.replace(" ", "-")
    folder.mkdir()
    otlp = free_port()
    path = documents.write(configuration(folder, otlp), folder / "collector.yaml")
    command = [str(program), "--config", str(path)]
    with Program(command, {}, otlp, folder / "collector.log"):
        found = Collector(folder, otlp)
        post(otlp, spans)
        found.wait_for_spans("all", len(spans))
        yield found


def spans_request(line: str) -> ExportTraceServiceRequest:
    """OTLP's JSON has ids in hexadecimal, and protobuf's in base 64."""

    def with_ids(fields: dict) -> dict:
        for key in ("traceId", "spanId", "parentSpanId"):
            if key in fields:
                fields[key] = base64.b64encode(bytes.fromhex(fields[key])).decode()
        return fields

    return json_format.ParseDict(json.loads(line, object_hook=with_ids), ExportTraceServiceRequest())
