"""What rotel's X-Ray exporter makes of the spans.

It looks at less than the Collector's: not at the Resource (segments are named as their spans are), at no status that is
a number, and at the kind only for the type. So names, statuses, faults and namespaces are judged by the rule alone, see
judge.py."""

import json
from argparse import Namespace

import rotel_collector
from capture import Capture
from claims import Judgement
from judge import BACKEND, SEGMENT, SUBSEGMENT
from otlp import CLIENT, post
from process import wait_until
from recorder import recorder


def check(arguments: Namespace, capture: Capture) -> Judgement:
    form = "with" if capture.has_edge else "without"
    judgement = Judgement(BACKEND, f"what rotel posts, {form} service_graph")
    with recorder(200, b'{"UnprocessedTraceSegments":[]}') as (port, posts):
        exporter = "--exporter=aws-xray", f"--xray-exporter-custom-endpoint=http://127.0.0.1:{port}"
        with rotel_collector.start(arguments, f"rotel-xray-{form}", *exporter) as rotel:
            post(rotel.http, capture.spans)
            wait_until(lambda: len(documents(posts)) >= len(capture.spans), 15)
    segments = {segment["id"]: segment for segment in documents(posts)}
    judgement.equal(SEGMENT, "posted as trace segments", {path for path, _ in posts}, {"/TraceSegments"})
    judgement.equal(
        SEGMENT,
        "  every span is one, with its trace and parent",
        {key: (segment["trace_id"], segment.get("parent_id")) for key, segment in segments.items()},
        {sent.id: (f"1-{sent.trace_id[:8]}-{sent.trace_id[8:]}", sent.parent or None) for sent in capture.spans},
        len(capture.spans),
    )
    judgement.row(
        SEGMENT,
        all(is_at(segments.get(sent.id, {}), sent.span) for sent in capture.spans),
        "  with its times, to the microsecond",
    )
    if capture.has_edge:
        halves = [segments.get(sent.id, {}) for sent in capture.spans if sent.span.kind == CLIENT and sent.parent]
        types = [half.get("type") for half in halves]
        judgement.equal(SUBSEGMENT, "the outgoing halves are subsegments", types, ["subsegment"] * len(capture.cases))
    return judgement


def documents(posts: list[tuple[str, bytes]]) -> list[dict]:
    return [json.loads(document) for _, body in posts for document in json.loads(body)["TraceSegmentDocuments"]]


def is_at(segment: dict, span: object) -> bool:
    start = segment.get("start_time", 0) - span.start_time_unix_nano / 1e9
    end = segment.get("end_time", 0) - span.end_time_unix_nano / 1e9
    return abs(start) < 1e-6 and abs(end) < 1e-6
