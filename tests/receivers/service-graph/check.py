"""Draws the service graph of what README's application made and the Collector wrote. Exits with 0 only if all holds."""

import sys

import deliberate
import traffic
from capture import Capture, capture
from claims import Fault, Verdict
from command_line import read_paths
from deliberate import Edit
from judge import BACKEND, EDGE, GAP, RECIPE, judge


def main() -> int:
    arguments = read_paths("application", "collector")
    program, work = arguments.collector, arguments.work

    plain, with_edge = (
        capture(arguments.application, work, traffic.every_kind(), has_edge) for has_edge in (False, True)
    )
    verdict = Verdict()
    verdict.add(judge(program, work, "without service_graph", GAP, plain, plain.spans))
    verdict.add(judge(program, work, "with service_graph", EDGE, with_edge, with_edge.spans))
    verdict.add(judge(program, work, "with the recipe", RECIPE, plain, plain.spans))

    def fault(name: str, captured: Capture, edit: Edit, claim: str) -> Fault:
        spans = deliberate.with_fault(captured.spans, edit)
        return Fault(name, [claim], lambda: judge(program, work, f"{name} {claim[:12]}", claim, captured, spans))

    verdict.add_faults(
        BACKEND,
        [
            fault("a wrong parent", plain, deliberate.wrong_parent, GAP),
            fault("a wrong parent", with_edge, deliberate.wrong_parent, EDGE),
            fault("a wrong parent", plain, deliberate.wrong_parent, RECIPE),
            fault("a shared Resource", with_edge, deliberate.shared_resource, EDGE),
            fault("an application's span of kind INTERNAL", plain, deliberate.internal_kind, RECIPE),
            fault("outgoing spans of kind SERVER", with_edge, deliberate.server_kind, EDGE),
        ],
    )
    return verdict.finish()


if __name__ == "__main__":
    sys.exit(main())
