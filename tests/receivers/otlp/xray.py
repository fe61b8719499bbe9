"""What rotel's X-Ray exporter makes of the quickstart's spans.

It looks at less than the Collector's: not at the Resource (segments are named as their spans are), and at no status
that is a number. So names, statuses and faults are checked in what it gets, see `outcomes` in arrival.py.
"""

import json
from argparse import Namespace

import collector
import quickstart
from process import wait_until
from recorder import recorder
from table import Part


def check(arguments: Namespace) -> Part:
    part = Part("quickstart -> rotel -> AWS X-Ray")
    with recorder(200, b'{"UnprocessedTraceSegments":[]}') as (port, posts):
        exporter = "--exporter=aws-xray", f"--xray-exporter-custom-endpoint=http://127.0.0.1:{port}"
        with collector.start(arguments, "rotel-xray", *exporter) as rotel:
            made = quickstart.run(arguments, "http/protobuf", rotel.http)
            wait_until(lambda: len(documents(posts)) >= len(made), 15)
    part.equal("posted as trace segments", {path for path, _ in posts}, {"/TraceSegments"})
    segments = {segment["id"]: segment for segment in documents(posts)}
    part.equal("every span is one", sorted(segments), sorted(span["span_id"] for span in made), len(made))

    gateways = [(span, segments.get(span["span_id"], {})) for span in quickstart.gateways(made)]
    part.equal(
        "the gateway's are segments, or the traced client's subsegments",
        [segment.get("type") for _, segment in gateways],
        ["subsegment" if span["parent_span_id"] else "segment" for span, _ in gateways],
    )
    part.equal(
        "  of its traces",
        [segment.get("trace_id") for _, segment in gateways],
        [f"1-{span['trace_id'][:8]}-{span['trace_id'][8:]}" for span, _ in gateways],
    )
    part.row(
        all(is_at(segment, span) for span, segment in gateways),
        "  with its times, to the microsecond",
    )
    part.equal(
        "  and its request's method",
        [segment.get("http", {}).get("request", {}).get("method") for _, segment in gateways],
        [span["attributes"]["http.request.method"] for span, _ in gateways],
    )
    ids = {span["span_id"] for span, _ in gateways}
    children = [segments[span["span_id"]] for span in made if span["parent_span_id"] in ids]
    part.equal(
        "the application's are subsegments of them",
        sorted((child["type"], child["parent_id"]) for child in children),
        sorted(("subsegment", span_id) for span_id in ids),
    )
    return part


def documents(posts: list[tuple[str, bytes]]) -> list[dict]:
    return [json.loads(document) for _, body in posts for document in json.loads(body)["TraceSegmentDocuments"]]


def is_at(segment: dict, span: dict) -> bool:
    start = segment.get("start_time", 0) - span["start_unix_nano"] / 1e9
    end = segment.get("end_time", 0) - span["end_unix_nano"] / 1e9
    return abs(start) < 1e-6 and abs(end) < 1e-6
