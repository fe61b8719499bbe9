"""Jaeger in memory, and its query API."""

import json
import pathlib
import time
import urllib.request
from dataclasses import dataclass

from process import Program, free_port

CONFIGURATION = """
extensions:
  jaeger_storage: {{ backends: {{ memory: {{ memory: {{ max_traces: 10000 }} }} }} }}
  jaeger_query:
    storage: {{ traces: memory }}
    max_clock_skew_adjust: {skew}
    http: {{ endpoint: "127.0.0.1:{query}" }}
    grpc: {{ endpoint: "127.0.0.1:{query_grpc}" }}
receivers:
  otlp: {{ protocols: {{ http: {{ endpoint: "127.0.0.1:{otlp}" }} }} }}
exporters:
  jaeger_storage_exporter: {{ trace_storage: memory }}
service:
  extensions: [jaeger_storage, jaeger_query]
  pipelines: {{ traces: {{ receivers: [otlp], exporters: [jaeger_storage_exporter] }} }}
  telemetry: {{ metrics: {{ level: none }} }}
"""
HOUR = 3_600_000


@dataclass
class Span:
    id: str
    parent: str | None
    service: str
    name: str
    tags: dict[str, object]
    # In microseconds.
    start: int
    duration: int
    warnings: list[str]

    @property
    def kind(self) -> str:
        return str(self.tags.get("span.kind", ""))


class Jaeger:
    def __init__(self, program: pathlib.Path, work: pathlib.Path, name: str, skew: str):
        self.otlp, self.query, query_grpc = free_port(), free_port(), free_port()
        configuration = work / f"{name}.yaml"
        configuration.write_text(
            CONFIGURATION.format(skew=skew, otlp=self.otlp, query=self.query, query_grpc=query_grpc)
        )
        command = [str(program), "--config", str(configuration)]
        self.program = Program(command, {}, self.query, work / f"{name}.log")

    def __enter__(self) -> "Jaeger":
        self.program.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.program.__exit__()

    def get(self, path: str) -> dict:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.query}{path}", timeout=30) as answer:
            return json.load(answer)

    def services(self) -> set[str]:
        return set(self.get("/api/services")["data"])

    def operations(self, service: str) -> set[tuple[str, str]]:
        """Their names and kinds."""
        data = self.get(f"/api/operations?service={service}")["data"]
        return {(operation["name"], operation["spanKind"]) for operation in data}

    def dependencies(self) -> dict[tuple[str, str], int]:
        end = int(time.time() * 1000) + HOUR
        data = self.get(f"/api/dependencies?endTs={end}&lookback={2 * HOUR}")["data"]
        return {(edge["parent"], edge["child"]): edge["callCount"] for edge in data}

    def traces(self, service: str) -> list[list[Span]]:
        data = self.get(f"/api/traces?service={service}&limit=1000&lookback=1h")["data"]
        return [spans_of(trace) for trace in data]


def spans_of(trace: dict) -> list[Span]:
    spans = []
    for span in trace["spans"]:
        parents = [reference["spanID"] for reference in span["references"] if reference["refType"] == "CHILD_OF"]
        spans.append(
            Span(
                id=span["spanID"],
                parent=parents[0] if parents else None,
                service=trace["processes"][span["processID"]]["serviceName"],
                name=span["operationName"],
                tags={tag["key"]: tag["value"] for tag in span["tags"]},
                start=span["startTime"],
                duration=span["duration"],
                warnings=(span["warnings"] or []) + (trace["warnings"] or []),
            )
        )
    return spans
