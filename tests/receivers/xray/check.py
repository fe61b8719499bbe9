"""What X-Ray gets of what README's application made. Exits with 0 only if all holds."""

import sys

import deliberate
import rotel_xray
import traffic
from capture import Capture, capture
from claims import Fault, Verdict
from command_line import read_paths
from deliberate import Edit
from judge import BACKEND, SEGMENT, SUBSEGMENT, judge


def main() -> int:
    arguments = read_paths("application")

    plain, with_edge = (
        capture(arguments.application, arguments.work, traffic.every_kind(), has_edge) for has_edge in (False, True)
    )
    verdict = Verdict()
    verdict.add(judge("by the rule of the Collector's exporter, without service_graph", plain, plain.spans))
    verdict.add(judge("by the rule of the Collector's exporter, with service_graph", with_edge, with_edge.spans))
    for captured in (plain, with_edge):
        verdict.add(rotel_xray.check(arguments, captured))

    def fault(name: str, captured: Capture, edit: Edit, claim: str) -> Fault:
        spans = deliberate.with_fault(captured.spans, edit)
        return Fault(name, [claim], lambda: judge(name, captured, spans))

    verdict.add_faults(
        BACKEND,
        [
            fault("a status as text", plain, deliberate.status_as_text, SEGMENT),
            fault("a shared Resource", plain, deliberate.shared_resource, SEGMENT),
            fault("an application's span of kind INTERNAL", plain, deliberate.internal_kind, SEGMENT),
            fault("an end one nanosecond late", plain, deliberate.late_end, SEGMENT),
            fault("a wrong parent", with_edge, deliberate.wrong_parent, SUBSEGMENT),
            fault("outgoing spans of kind SERVER", with_edge, deliberate.server_kind, SUBSEGMENT),
        ],
    )
    return verdict.finish()


if __name__ == "__main__":
    sys.exit(main())
