"""What Datadog's Agent makes of the requests' spans, before they leave for Datadog."""

import json
import pathlib
from collections import Counter

from asked import Asked
from claims import Judgement
from datadog_agent import Agent, agent
from otlp import Sent
from process import wait_until

BACKEND = "Datadog"
SPANS = "by OTLP, the Agent makes of the gateway's span its service, name, resource, type, error and tags, with no others"
STATISTICS = "by OTLP, the Agent counts gateway and application separately, both as top level"
# What differs by run and by SDK, and the Agent's own bookkeeping.
LEFT_OUT = "otel.trace_id", "_dd.p.dm", "telemetry.sdk.language", "telemetry.sdk.name", "telemetry.sdk.version"
TOP_LEVEL, RATE = "_top_level", "_sampling_priority_rate_v1"
# As statistics have it.
IS_ROOT, IS_NOT_ROOT = 1, 2


def judge(
    program: pathlib.Path, work: pathlib.Path, name: str, by_kind: bool, asked: list[Asked], spans: list[Sent]
) -> Judgement:
    """`spans` are those of the requests, or have a fault."""
    judgement = Judgement(BACKEND, f"the Agent's code, {name}, top level {'by kind' if by_kind else 'by parent'}")
    with agent(program, work, f"{name} {by_kind}", by_kind) as running:
        running.post(spans)
        wait_until(lambda: len(running.spans()) >= len(spans), 20)
    asked = [request for request in asked if request.is_sampled]
    compare_spans(judgement, asked, running)
    compare_statistics(judgement, asked, running)
    return judgement


def compare_spans(judgement: Judgement, asked: list[Asked], running: Agent) -> None:
    found = running.spans()
    gateways = [span for span in found if "_dd.inferred_span" in span["metrics"]]
    expected = [request.gateway() for request in asked if request.has_gateway]
    several(judgement, SPANS, "the gateways' spans, every field of them", map(gateway_span, gateways), expected)

    ids = {span["span_id"] for span in gateways}
    servers = [span for span in found if span["meta"].get("url.path") and span["span_id"] not in ids]
    below = [application_span(span, ids) for span in servers]
    several(judgement, SPANS, "  the application's below them", below, [request.application() for request in asked])
    judgement.equal(
        STATISTICS,
        "both are top level",
        Counter(span["metrics"].get(TOP_LEVEL) for span in gateways + servers),
        Counter({1: len(asked) + len([request for request in asked if request.has_gateway])}),
    )


def several(judgement: Judgement, claim: str, what: str, found, expected) -> None:
    """Compares them in any order, and shows those that have no counterpart."""
    found, expected = (Counter(json.dumps(span, sort_keys=True) for span in spans) for spans in (found, expected))
    holds = found == expected
    seen = found.total() if holds else f"only found {list(found - expected)}, only expected {list(expected - found)}"
    judgement.row(claim, holds, what, seen)


def gateway_span(span: dict) -> dict:
    kept = "service", "name", "resource", "type", "error", "priority"
    return {
        **{name: span[name] for name in kept},
        "parent": span["parent_id"],
        "meta": {key: value for key, value in span["meta"].items() if key not in LEFT_OUT},
        "metrics": {key: value for key, value in span["metrics"].items() if key not in (TOP_LEVEL, RATE)},
    }


def application_span(span: dict, gateways: set[int]) -> dict:
    kept = "service", "name", "resource", "type", "error", "priority"
    return {
        **{name: span[name] for name in kept},
        "parent": "the gateway's" if span["parent_id"] in gateways else span["parent_id"],
        "status": span["metrics"].get("http.status_code"),
    }


def compare_statistics(judgement: Judgement, asked: list[Asked], running: Agent) -> None:
    found: Counter[tuple] = Counter()
    for group in running.statistics():
        if group["span_kind"] != "client":
            key = (group["service"], group["name"], group["resource"], group["type"], group["span_kind"])
            key += (group.get("HTTP_status_code", 0), group["is_trace_root"])
            for number in ("hits", "errors", "topLevelHits"):
                found[*key, number] += group.get(number, 0)
    expected: Counter[tuple] = Counter()
    for request in asked:
        is_root = IS_ROOT if request.parent == 0 else IS_NOT_ROOT
        if request.has_gateway:
            count(expected, request.gateway(), request.status, is_root)
            is_root = IS_NOT_ROOT
        application = request.application()
        count(expected, application, application["status"], is_root)
    found, expected = +found, +expected
    seen = f"{len(found)} counts" if found == expected else f"too many {found - expected}, too few {expected - found}"
    judgement.row(STATISTICS, found == expected, "hits, errors and top-level hits of each group, and its root", seen)


def count(expected: Counter[tuple], span: dict, status: int | None, is_root: int) -> None:
    key = (span["service"], span["name"], span["resource"], span["type"], "server", status or 0, is_root)
    expected[*key, "hits"] += 1
    expected[*key, "errors"] += span["error"]
    expected[*key, "topLevelHits"] += 1
