"""Whether the files of docs/backends are what their programs take, and whether docs/backends.md is right about them.

Exits with 0 only if all holds."""

import pathlib
import sys
from collections.abc import Callable

import agent_settings
import deliberate
import faults
import outcomes
import page
import traffic
from capture import capture
from claims import Fault, Judgement, Verdict
from command_line import read_paths
from judge import (
    COLLECTOR,
    ECS,
    KNOWN,
    RUNS,
    SETTINGS,
    TASKS,
    TEMPO,
    Files,
    judge_runs,
    judge_settings,
    judge_tasks,
    judge_tempo,
)
from schema import Schemas
from table import Table


def main() -> int:
    arguments = read_paths("application", "collector", "modules")
    lines = arguments.modules.read_text(encoding="utf-8").splitlines()
    modules = {path: pathlib.Path(folder) for path, folder in (line.split(" ", 1) for line in lines)}
    schemas, known, files = Schemas(modules), agent_settings.names(modules), Files.read()

    def settings(files: Files) -> Judgement:
        return judge_settings(schemas, files)

    def tempo(files: Files) -> Judgement:
        return judge_tempo(schemas, files)

    def tasks(files: Files) -> Judgement:
        return judge_tasks(arguments, files, known)

    verdict = Verdict()
    plain = capture(arguments.application, arguments.work, traffic.every_kind(), False)
    verdict.add(judge_runs(arguments, plain, plain.spans))
    for judge in (settings, tempo, tasks):
        verdict.add(judge(files))

    def add_faults(backend: str, claim: str, judge: Callable[[Files], Judgement], listed: dict[str, tuple]) -> None:
        verdict.add_faults(
            backend,
            [
                Fault(name, [claim], lambda changed=changed: judge(changed))
                for name, changed in faults.changed(files, listed).items()
            ],
        )

    late = deliberate.with_fault(plain.spans, deliberate.late_end)
    one_late = Fault("an end one nanosecond late", [RUNS], lambda: judge_runs(arguments, plain, late))
    verdict.add_faults(COLLECTOR, [one_late])
    add_faults(COLLECTOR, KNOWN, settings, faults.COLLECTOR)
    add_faults(TEMPO, SETTINGS, tempo, faults.TEMPO)
    add_faults(ECS, TASKS, tasks, faults.ECS)
    code = verdict.finish()

    table = Table()
    table.add(outcomes.compare(page.PAGE.read_text(encoding="utf-8"), known))
    return table.finish() or code


if __name__ == "__main__":
    sys.exit(main())
