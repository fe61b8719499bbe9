"""Sends what README's application made to Jaeger, and compares what its query API shows.

Exits with 0 only if all holds."""

import sys

import deliberate
import readme
import traffic
from capture import capture
from claims import Fault, Judgement, Verdict
from command_line import read_paths
from deliberate import Edit
from judge import BACKEND, EDGE, SERVICE, TIMES, judge

OFF, ON = "0s", "1s"


def main() -> int:
    arguments = read_paths("application", "jaeger")

    verdict = Verdict()
    verdict.add(is_readmes_code())
    captures = [capture(arguments.application, arguments.work, traffic.every_kind(), edge) for edge in (False, True)]
    for captured in captures:
        for skew in (OFF, ON):
            name = f"{'with' if captured.has_edge else 'without'} service_graph, clock skew adjustment {skew}"
            verdict.add(judge(arguments.jaeger, arguments.work, name, skew, captured, captured.spans))

    def fault(name: str, edit: Edit, claims: list[str], skew: str = ON) -> Fault:
        plain = captures[0]
        spans = deliberate.with_fault(plain.spans, edit)
        return Fault(
            name, claims, lambda: judge(arguments.jaeger, arguments.work, f"{name} {skew}", skew, plain, spans)
        )

    verdict.add_faults(
        BACKEND,
        [
            fault("a wrong parent", deliberate.wrong_parent, [SERVICE, EDGE]),
            fault("a shared Resource", deliberate.shared_resource, [SERVICE, EDGE]),
            fault("an end one nanosecond late", deliberate.late_end, [TIMES]),
            fault("an end one nanosecond late, which isn't adjusted", deliberate.late_end, [TIMES], OFF),
        ],
    )
    return verdict.finish()


def is_readmes_code() -> Judgement:
    judgement = Judgement(BACKEND, "the application")
    judgement.equal(SERVICE, "it is README's code, letter for letter", readme.missing_lines(), [])
    return judgement


if __name__ == "__main__":
    sys.exit(main())
