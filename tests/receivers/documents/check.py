"""Whether the files of docs/backends are what their programs take, and whether docs/backends.md is right about them.

Exits with 0 only if all holds."""

import pathlib
import sys

import agent_settings
import deliberate
import page
import traffic
from capture import capture
from claims import Fault, Verdict
from command_line import read_paths
from judge import (
    COLLECTOR,
    ECS,
    FORWARDING,
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
from table import Part, Table

RECEIVERS = pathlib.Path(__file__).resolve().parents[1]
RUN, IN_PART, NEVER = "Run", "Run in part", "Never run"
# How far the tests run each file, and which part's program does.
OUTCOMES = {
    "adot-ecs.json": (NEVER, "documents/judge.py"),
    "collector.yaml": (RUN, "documents/judge.py"),
    "collector-load-balancing.yaml": (IN_PART, "documents/judge.py"),
    "collector-service-graph.yaml": (IN_PART, "shared/otelcol.py"),
    "collector-xray.yaml": (IN_PART, "documents/judge.py"),
    "datadog-agent-ecs.json": (NEVER, "documents/judge.py"),
    "datadog-sdk.rs": (RUN, "datadog/Cargo.toml"),
    "jaeger.yaml": (RUN, "jaeger/jaeger.py"),
    "tempo.yaml": (NEVER, "documents/judge.py"),
}
# What the files themselves say, where the format has comments.
NEVER_RUN = {
    "collector-load-balancing.yaml": "`load_balancing`",
    "collector-service-graph.yaml": "`service_graph`",
    "collector-xray.yaml": "`awsxray`",
    "tempo.yaml": "This file",
}


def main() -> int:
    arguments = read_paths("application", "collector", "modules")
    lines = arguments.modules.read_text(encoding="utf-8").splitlines()
    modules = {path: pathlib.Path(folder) for path, folder in (line.split(" ", 1) for line in lines)}
    schemas, known, files = Schemas(modules), agent_settings.names(modules), Files.read()

    verdict = Verdict()
    plain = capture(arguments.application, arguments.work, traffic.every_kind(), False)
    verdict.add(judge_runs(arguments, plain, plain.spans))
    verdict.add(judge_settings(schemas, files))
    verdict.add(judge_tempo(schemas, files))
    verdict.add(judge_tasks(arguments, files, known))

    late = deliberate.with_fault(plain.spans, deliberate.late_end)
    verdict.add_faults(
        COLLECTOR,
        [Fault("an end one nanosecond late", [RUNS], lambda: judge_runs(arguments, plain, late))]
        + [
            Fault(name, [KNOWN], lambda changed=files.with_fault(*place): judge_settings(schemas, changed))
            for name, place in {
                "a key of load_balancing's own": ("collector-load-balancing.yaml", "exporters load_balancing key", "traceID"),
                "a number for a port's text": (
                    "collector-load-balancing.yaml",
                    "exporters load_balancing resolver dns port",
                    4317,
                ),
                "TLS with a word that isn't one of its settings": (
                    "collector-load-balancing.yaml",
                    "exporters load_balancing protocol otlp tls unsafe",
                    True,
                ),
                "TLS one level too high": ("collector-load-balancing.yaml", "exporters load_balancing protocol tls", {}),
                "an attribute in place of a list": ("collector-xray.yaml", "exporters awsxray indexed_attributes", "stage"),
                "ttl outside of the store": ("collector-service-graph.yaml", "connectors service_graph ttl", "15s"),
            }.items()
        ],
    )
    verdict.add_faults(
        TEMPO,
        [
            Fault(name, [SETTINGS], lambda changed=files.with_fault(*place): judge_tempo(schemas, changed))
            for name, place in {
                "a processor with a hyphen": ("tempo.yaml", "metrics_generator processor service-graphs", {}),
                "an endpoint without its protocol": ("tempo.yaml", "distributor receivers otlp endpoint", "0.0.0.0:4317"),
            }.items()
        ],
    )
    task = "datadog-agent-ecs.json"
    verdict.add_faults(
        ECS,
        [
            Fault(name, [TASKS], lambda changed=files.with_fault(*place): judge_tasks(arguments, changed, known))
            for name, place in {
                "a number for the CPU units' text": (task, "cpu", 512),
                "a memory that Fargate doesn't have": (task, "memory", "512"),
                "a condition that ECS doesn't have": (task, "containerDefinitions 0 dependsOn 0 condition", "RUNNING"),
                "a container that isn't there": (task, "containerDefinitions 0 dependsOn 0 containerName", "agent"),
                "a variable that the Agent doesn't read": (
                    task,
                    "containerDefinitions 1 environment 2 name",
                    "DD_OTLP_CONFIG_RECEIVER_HTTP_ENDPOINT",
                ),
                "another port than the receiver's": (
                    task,
                    "containerDefinitions 0 environment 5 value",
                    "http://localhost:4317",
                ),
                "an application without a name": (task, "containerDefinitions 0 environment 2 name", "DD_SERVICES"),
                "a layer that is off": (task, "containerDefinitions 0 environment 1 value", "false"),
            }.items()
        ],
    )
    code = verdict.finish()
    table = Table()
    table.add(compare_page(page.PAGE.read_text(encoding="utf-8"), known))
    return table.finish() or code


def compare_page(text: str, known: set[str]) -> Part:
    part = Part("docs/backends.md")
    expected = {name: outcome for name, (outcome, _) in OUTCOMES.items()}
    names = {path.name for path in page.documents.FOLDER.iterdir()}
    part.equal("every file has an outcome here", set(OUTCOMES), names, len(names))
    part.equal("the page says how far each file is run", page.outcomes(text), expected)
    strangers = [name for name, (_, by) in OUTCOMES.items() if name not in (RECEIVERS / by).read_text(encoding="utf-8")]
    part.equal("  and what runs or compares it names it", strangers, [])
    part.equal("  as do the comments of those with parts that never ran", list(page.headers_that_say_nothing(NEVER_RUN)), [])
    part.equal("every block that it shows is in a file", list(page.foreign_blocks(text)), [])
    named = page.variables(text)
    part.equal("every variable of Datadog's Agent that it names exists", named - known, set(), len(named))
    part.row(set(FORWARDING) < set(OUTCOMES), "the files that are run here are among them")

    faults = {
        "a file that was never run is said to be run": (page.outcomes, text.replace(f"**{NEVER}**", f"**{RUN}**", 1)),
        "a file isn't in the table": (page.outcomes, text.replace("](backends/jaeger.yaml)", "](backends/jaeger.yml)", 1)),
    }
    for name, (read, changed) in faults.items():
        part.row(read(changed) != expected, f"deliberate fault: {name}")
    blocks = {
        "a setting that the file has elsewhere": ("yaml", "processors:\n  tail_sampling:\n    wait: 35s\n"),
        "another value": ("yaml", "exporters:\n  load_balancing:\n    routing_key: service\n"),
        "a variable that no task has": ("json", '{ "containerDefinitions": [{ "name": "sidecar" }] }\n'),
        "another line of Rust": ("rust", "let provider = datadog_opentelemetry::init();\n"),
        "a command with a file that isn't there": ("console", "otelcol-contrib --config collectors.yaml\n"),
        "an older SDK": ("toml", '[dependencies]\ndatadog-opentelemetry = "0.5"\n'),
    }
    for name, (language, block) in blocks.items():
        part.row(list(page.foreign_blocks(f"```{language}\n{block}```\n")), f"deliberate fault: {name}")
    return part


if __name__ == "__main__":
    sys.exit(main())
