"""Sends what README's application made to the Collector, and compares what it writes.

Exits with 0 only if all holds."""

import random
import sys
from argparse import Namespace

import deliberate
import traffic
from capture import Capture, capture
from claims import Fault, Verdict
from command_line import read_paths
from deliberate import Edit
from judge import BACKEND, METRICS, RECIPE, SAMPLING, SERVICES, judge, judge_sampling
from otelcol import SLOW

# Four applications, so that what belongs together comes in different requests.
APPLICATIONS, REQUESTS = 4, 250


def main() -> int:
    arguments = read_paths("application", "collector")
    program, work = arguments.collector, arguments.work

    verdict = Verdict()
    captures = [capture(arguments.application, work, traffic.every_kind(), edge) for edge in (False, True)]
    for captured in captures:
        name = f"{'with' if captured.has_edge else 'without'} service_graph"
        verdict.add(judge(program, work, name, captured, captured.spans))
    many = four_applications(arguments)
    verdict.add(judge_sampling(program, work, "a thousand requests of four applications", many, many.spans))

    def fault(name: str, edit: Edit, claims: list[str]) -> Fault:
        spans = deliberate.with_fault(captures[0].spans, edit)
        return Fault(name, claims, lambda: judge(program, work, name, captures[0], spans))

    other_trace = deliberate.with_fault(many.spans, deliberate.other_trace)
    verdict.add_faults(
        BACKEND,
        [
            fault("a wrong parent", deliberate.wrong_parent, [SERVICES]),
            fault("a shared Resource", deliberate.shared_resource, [SERVICES, METRICS]),
            fault("a status as text", deliberate.status_as_text, [SERVICES, METRICS]),
            fault("a gateway's span without its mark", deliberate.without_mark, [RECIPE]),
            Fault(
                "a gateway's span in another trace",
                [SAMPLING],
                lambda: judge_sampling(program, work, "a gateway's span in another trace", many, other_trace),
            ),
        ],
    )
    return verdict.finish()


def four_applications(arguments: Namespace) -> Capture:
    """A tenth of the requests fails, a hundredth is slow: the gateway had them for long."""
    cases, spans = [], []
    for number in range(APPLICATIONS):
        own = [request(f"{number}-{index}", index) for index in range(REQUESTS)]
        captured = capture(arguments.application, arguments.work, own, False, f"orders-{number}")
        cases += own
        spans += captured.spans
    random.Random(17).shuffle(spans)
    return Capture(cases, spans, False)


def request(name: str, index: int) -> traffic.Case:
    if index % 10 == 3:
        return traffic.Case(name, order="broken", status=500, error_type="500")
    return traffic.Case(name, age=SLOW / 1000 + 1 if index % 100 == 40 else 0.01)


if __name__ == "__main__":
    sys.exit(main())
