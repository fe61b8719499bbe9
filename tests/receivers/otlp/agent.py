"""Spans read back from Datadog's test agent, which got them by OTLP."""

import base64
import json
import urllib.request
from dataclasses import dataclass


@dataclass
class Span:
    trace_id: str
    span_id: str
    parent_id: str
    name: str
    kind: str
    start: int
    end: int
    status: str
    attributes: dict[str, object]
    resource: dict[str, object]
    scope: str


def read(port: int, trace_ids: set[str]) -> list[Span]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/test/session/traces", timeout=30) as answer:
        requests = json.load(answer)
    spans = []
    for request in requests:
        for group in request.get("resource_spans", []):
            resource = values(group["resource"])
            for scope in group["scope_spans"]:
                for span in scope["spans"]:
                    trace_id = hexadecimal(span["trace_id"])
                    if trace_id in trace_ids:
                        spans.append(of(span, trace_id, resource, scope["scope"].get("name", "")))
    return spans


def clear(port: int) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/test/session/clear", timeout=30) as answer:
        answer.read()


def of(span: dict, trace_id: str, resource: dict[str, object], scope: str) -> Span:
    return Span(
        trace_id=trace_id,
        span_id=hexadecimal(span["span_id"]),
        parent_id=hexadecimal(span.get("parent_span_id", "")),
        name=span["name"],
        kind=span["kind"].removeprefix("SPAN_KIND_").lower(),
        start=int(span["start_time_unix_nano"]),
        end=int(span["end_time_unix_nano"]),
        status=span.get("status", {}).get("code", "STATUS_CODE_UNSET").removeprefix("STATUS_CODE_").lower(),
        attributes=values(span),
        resource=resource,
        scope=scope,
    )


def hexadecimal(text: str) -> str:
    return base64.b64decode(text).hex()


def values(message: dict) -> dict[str, object]:
    return {pair["key"]: value(pair["value"]) for pair in message.get("attributes", [])}


def value(typed: dict) -> object:
    ((kind, found),) = typed.items()
    return int(found) if kind == "int_value" else found
