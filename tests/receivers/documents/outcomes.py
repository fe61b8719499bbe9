"""How far the tests run each file, which is what the page says of it."""

import pathlib

import page
from table import Part

RECEIVERS = pathlib.Path(__file__).resolve().parents[1]
RUN, IN_PART, NEVER = "Run", "Run in part", "Never run"
# With what runs the file, or compares it.
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
# What no file has.
FOREIGN = {
    "a setting that the file has elsewhere": ("yaml", "processors:\n  tail_sampling:\n    wait: 35s\n"),
    "another value": ("yaml", "exporters:\n  load_balancing:\n    routing_key: service\n"),
    "a container that no task has": ("json", '{ "containerDefinitions": [{ "name": "sidecar" }] }\n'),
    "another line of Rust": ("rust", "let provider = datadog_opentelemetry::init();\n"),
    "a command with a file that isn't there": ("console", "otelcol-contrib --config collectors.yaml\n"),
    "an older SDK": ("toml", '[dependencies]\ndatadog-opentelemetry = "0.5"\n'),
}


def compare(text: str, known: set[str]) -> Part:
    """`known` are the variables of Datadog's Agent."""
    part = Part("docs/backends.md")
    expected = {name: outcome for name, (outcome, _) in OUTCOMES.items()}
    names = {path.name for path in page.documents.FOLDER.iterdir()}
    part.equal("every file has an outcome here", set(OUTCOMES), names, len(names))
    part.equal("the page says how far each file is run", page.outcomes(text), expected)
    strangers = [name for name, (_, by) in OUTCOMES.items() if name not in (RECEIVERS / by).read_text(encoding="utf-8")]
    part.equal("  and what runs or compares it names it", strangers, [])
    silent = list(page.headers_that_say_nothing(NEVER_RUN))
    part.equal("  as do the comments of those with parts that never ran", silent, [])
    part.equal("every block that it shows is in a file", list(page.foreign_blocks(text)), [])
    named = page.variables(text)
    part.equal("every variable of Datadog's Agent that it names exists", named - known, set(), len(named))

    for name, changed in {
        "a file that was never run is said to be run": text.replace(f"**{NEVER}**", f"**{RUN}**", 1),
        "a file isn't in the table": text.replace("](backends/jaeger.yaml)", "](backends/jaeger.yml)", 1),
    }.items():
        part.row(page.outcomes(changed) != expected, f"deliberate fault: {name}")
    silent = list(page.headers_that_say_nothing({"jaeger.yaml": "This file"}))
    part.row(silent, "deliberate fault: a file that was never run doesn't say so")
    for name, (language, block) in FOREIGN.items():
        part.row(list(page.foreign_blocks(f"```{language}\n{block}```\n")), f"deliberate fault: {name}")
    return part
