"""Sends what applications made to Datadog's Agent, and compares what it would send to Datadog.

Exits with 0 only if all holds."""

import sys

import asked
import deliberate
import golden_requests
import traffic
from capture import capture, record
from claims import Fault, Verdict
from command_line import read_paths
from deliberate import Edit
from judge import BACKEND, SPANS, STATISTICS, judge


def main() -> int:
    arguments = read_paths("application", "golden", "agent")

    every_kind = capture(arguments.application, arguments.work, traffic.every_kind(), False)
    endings = [asked.of_case(case) for case in every_kind.cases]
    requests = golden_requests.read()
    golden_spans = record(
        arguments.golden,
        arguments.work / "golden.log",
        lambda port: [request.send(port) for request in requests],
        more={"OTEL_PROPAGATORS": "tracecontext,datadog"},
    )
    golden = [asked.of_golden(request) for request in requests]

    verdict = Verdict()
    for by_kind in (True, False):
        verdict.add(judge(arguments.agent, arguments.work, "every ending", by_kind, endings, every_kind.spans))
        verdict.add(judge(arguments.agent, arguments.work, "golden requests", by_kind, golden, golden_spans))

    def fault(name: str, edit: Edit, claims: list[str]) -> Fault:
        spans = deliberate.with_fault(every_kind.spans, edit)
        return Fault(name, claims, lambda: judge(arguments.agent, arguments.work, name, True, endings, spans))

    verdict.add_faults(
        BACKEND,
        [
            fault("a wrong parent", deliberate.wrong_parent, [SPANS]),
            fault("a shared Resource", deliberate.shared_resource, [SPANS]),
            fault("a status as text", deliberate.status_as_text, [SPANS]),
            fault("a gateway's span without its mark", deliberate.without_mark, [SPANS]),
            fault("a failure without an error", deliberate.ok_status, [SPANS, STATISTICS]),
            fault("a gateway's span of kind INTERNAL", deliberate.internal_gateways, [SPANS, STATISTICS]),
        ],
    )
    return verdict.finish()


if __name__ == "__main__":
    sys.exit(main())
