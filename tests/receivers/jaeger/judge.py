"""What Jaeger shows of the requests."""

import pathlib
from collections import Counter

import expected
from capture import APPLICATION, Capture
from claims import Judgement
from jaeger import Jaeger, Span
from otlp import Sent, post
from process import wait_until

BACKEND = "Jaeger"
SERVICE = "the gateway is a service, and the application's span is below the gateway's"
EDGE = "the dependency graph has an edge from the gateway to the application"
TIMES = "no span is moved by the clock skew adjustment, and none has a warning"


def judge(
    program: pathlib.Path, work: pathlib.Path, name: str, skew: str, capture: Capture, spans: list[Sent]
) -> Judgement:
    """`spans` are those of the capture, or have a fault."""
    judgement = Judgement(BACKEND, name)
    with Jaeger(program, work, name.replace(" ", "-"), skew) as jaeger:
        post(jaeger.otlp, spans)
        wait_until(lambda: sum(map(len, traces(jaeger, spans))) >= len(spans), 20)
        found = traces(jaeger, spans)
        compare_services(judgement, jaeger, capture)
        compare_trees(judgement, capture, found)
        compare_outcomes(judgement, capture, found)
        compare_times(judgement, spans, found)
    return judgement


def traces(jaeger: Jaeger, spans: list[Sent]) -> list[list[Span]]:
    """Each once, though it has several services."""
    found = {}
    for service in {sent.service for sent in spans}:
        for trace in jaeger.traces(service):
            found[min(span.id for span in trace)] = trace
    return list(found.values())


def compare_services(judgement: Judgement, jaeger: Jaeger, capture: Capture) -> None:
    services = expected.services(capture.cases)
    judgement.equal(SERVICE, "services", jaeger.services(), services, len(services))
    places = {place for case in capture.cases for place in expected.chain(case, capture.has_edge)}
    for service in sorted(services):
        operations = {(name, kind) for place, kind, name in places if place == service}
        judgement.equal(SERVICE, f"  operations of {service}", jaeger.operations(service), operations, operations)
    edges = expected.dependencies(capture.cases, capture.has_edge)
    judgement.equal(EDGE, "dependencies, no more and no less", jaeger.dependencies(), edges)
    for (parent, child), count in sorted(edges.items()):
        found = jaeger.dependencies().get((parent, child))
        judgement.equal(EDGE, f"  {parent} -> {child}", found, count, count)


def compare_trees(judgement: Judgement, capture: Capture, found: list[list[Span]]) -> None:
    chains = Counter(tuple(expected.chain(case, capture.has_edge)) for case in capture.cases)
    judgement.equal(
        SERVICE,
        "every trace is a chain: client, gateway, application",
        Counter(chain(trace) for trace in found),
        chains,
        f"{len(capture.cases)} traces",
    )


def chain(trace: list[Span]) -> tuple[expected.Place, ...]:
    """From the root down; what isn't below it is left out."""
    children = {span.parent: span for span in trace}
    places, span = [], children.get(None)
    while span is not None:
        places.append((span.service, span.kind, span.name))
        span = children.get(span.id)
    return tuple(places)


def compare_outcomes(judgement: Judgement, capture: Capture, found: list[list[Span]]) -> None:
    gateways = [span for trace in found for span in trace if "_dd.inferred_span" in span.tags]
    judgement.equal(
        SERVICE,
        "  with each request's path, status and error",
        sorted((outcome(span) for span in gateways), key=str),
        sorted(((case.path, case.status, case.is_error, case.error_type) for case in capture.cases), key=str),
    )


def outcome(span: Span) -> tuple:
    tags = span.tags
    return tags["url.path"], tags.get("http.response.status_code"), tags.get("error", False), tags.get("error.type")


def compare_times(judgement: Judgement, spans: list[Sent], found: list[list[Span]]) -> None:
    shown = {span.id: (span.start, span.duration) for trace in found for span in trace}
    judgement.equal(
        TIMES,
        "every span's times are those that were sent, to the microsecond",
        shown,
        {sent.id: times(sent) for sent in spans},
        f"{len(spans)} spans",
    )
    warnings = [warning for trace in found for span in trace for warning in span.warnings]
    judgement.equal(TIMES, "no warnings", warnings, [])
    applications = [span for trace in found for span in trace if span.service == APPLICATION and span.parent]
    judgement.row(
        TIMES, len(applications) >= len(found), "  of spans whose parents are other services", len(applications)
    )


def times(sent: Sent) -> tuple[int, int]:
    """As Jaeger rounds them."""
    start, end = sent.span.start_time_unix_nano, sent.span.end_time_unix_nano
    return start // 1000, (end - start) // 1000
