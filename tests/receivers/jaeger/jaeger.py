"""Jaeger in memory, as docs/backends/jaeger.yaml has it, and its query API."""

import json
import pathlib
import time
import urllib.request
from dataclasses import dataclass

import documents
from process import Program, free_port

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
        self.otlp, self.query = free_port(), free_port()
        document = documents.load("jaeger.yaml")
        documents.listen(document, self.otlp)
        documents.replace(document, "extensions jaeger_query http endpoint", f"127.0.0.1:{self.query}")
        documents.replace(document, "extensions jaeger_query grpc endpoint", "127.0.0.1:0")
        document["extensions"]["jaeger_query"]["max_clock_skew_adjust"] = skew
        configuration = documents.write(document, work / f"{name}.yaml")
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
