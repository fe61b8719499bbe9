"""Draws a map and two waterfalls of one run of README's application, from what Jaeger's query API says of it."""

import sys

import drawing
import traffic
from capture import capture
from command_line import read_paths
from jaeger import Jaeger, Span
from otlp import post
from process import wait_until

# The requests whose traces are drawn.
DRAWN = "orders", "broken orders"


def main() -> int:
    arguments = read_paths("application", "jaeger", "docs")

    captured = capture(arguments.application, arguments.work, requests(), False)
    with Jaeger(arguments.jaeger, arguments.work, "picture", "1s") as jaeger:
        post(jaeger.otlp, captured.spans)
        if not wait_until(lambda: sum(map(len, jaeger.traces("orders"))) >= len(captured.spans), 20):
            raise TimeoutError("Jaeger hasn't got every span")
        edges = jaeger.dependencies()
        traces = {path_of(trace): ordered(trace) for trace in jaeger.traces("orders")}
    gateways = {span.service for trace in traces.values() for span in trace if "_dd.inferred_span" in span.tags}
    drawn = [traces[traffic.Case(name).path] for name in DRAWN]
    for theme in drawing.THEMES:
        path = arguments.docs / f"jaeger-{theme}.svg"
        path.write_text(drawing.picture(drawing.THEMES[theme], edges, gateways, drawn), encoding="utf-8")
        print(path)
    return 0


def requests() -> list[traffic.Case]:
    """Of two APIs and a traced client. The gateways have had them for a while: an authorizer takes its time."""
    drawn = [
        traffic.Case(DRAWN[0], order="long", age=0.025, traced=True),
        traffic.Case(DRAWN[1], order="broken", status=500, error_type="500", age=0.012),
    ]
    others = [traffic.Case(f"order {number}", traced=number % 2 == 0) for number in range(24)]
    events = [traffic.Case(f"event {number}", proxy=traffic.HTTP, domain="events.example.com") for number in range(16)]
    return drawn + others + events


def path_of(trace: list[Span]) -> str:
    return next(str(span.tags["url.path"]) for span in trace if "_dd.inferred_span" in span.tags)


def ordered(trace: list[Span]) -> list[Span]:
    """Parents first."""
    children = {span.parent: span for span in trace}
    found, span = [], children.get(None)
    while span is not None:
        found.append(span)
        span = children.get(span.id)
    return found


if __name__ == "__main__":
    sys.exit(main())
