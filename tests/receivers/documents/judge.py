"""Whether the files of docs/backends are what their programs take."""

import copy
import urllib.parse
from argparse import Namespace
from collections.abc import Iterable

import by_hand
import documents
import ecs
import live
import traffic
from capture import Capture
from claims import Judgement
from otlp import Sent, whole
from schema import CONTRIB, CORE, Schemas

COLLECTOR, ECS, TEMPO = "OpenTelemetry Collector", "Amazon ECS", "Grafana Tempo"
RUNS = "the files in `docs/backends` run, and export what they receive"
KNOWN = (
    "the settings of `awsxray`, `load_balancing` and `service_graph` in `docs/backends` "
    "are ones that these components have"
)
TASKS = (
    "the API's model accepts the task definitions in `docs/backends`, "
    "and the application runs with their environment"
)
SETTINGS = "the settings in `docs/backends` are ones that Tempo has"

# Those whose exporter isn't built here have `otlp_http` in its place.
FORWARDING = "collector.yaml", "collector-load-balancing.yaml", "collector-xray.yaml"
EXPORTERS = {
    ("collector-load-balancing.yaml", "load_balancing"): f"{CONTRIB}/exporter/loadbalancingexporter",
    ("collector-xray.yaml", "awsxray"): f"{CONTRIB}/exporter/awsxrayexporter",
}
RECEIVER = f"{CORE}/receiver/otlpreceiver"
# The containers that stand beside the application.
SIDECARS = {"datadog-agent-ecs.json": "datadog-agent", "adot-ecs.json": "adot-collector"}
# Standard parameters of AWS Systems Manager are no longer.
PARAMETER = 4096


class Files(dict):
    """Every file that is data, by name. A deliberate fault changes one of a copy."""

    @classmethod
    def read(cls) -> "Files":
        paths = sorted(documents.FOLDER.iterdir())
        return cls({path.name: documents.load(path.name) for path in paths if path.suffix in (".yaml", ".json")})

    def with_fault(self, name: str, path: str, value: object) -> "Files":
        files = copy.deepcopy(self)
        *above, last = path.split()
        place = files[name]
        for key in above:
            place = place[int(key) if isinstance(place, list) else key]
        place[last] = value
        return files


def judge_runs(arguments: Namespace, capture: Capture, spans: list[Sent]) -> Judgement:
    """`spans` are those of the capture, or have a fault."""
    judgement = Judgement(COLLECTOR, "files of docs/backends that only forward")
    for name in FORWARDING:
        found = live.through_collector(arguments.collector, arguments.work, name, spans)
        expected = sorted(map(whole, capture.spans))
        judgement.equal(RUNS, name, sorted(map(whole, found)), expected, f"{len(found)} spans")
    return judgement


def judge_settings(schemas: Schemas, files: Files) -> Judgement:
    judgement = Judgement(COLLECTOR, "settings of components that aren't built here")
    for (name, exporter), package in EXPORTERS.items():
        found = schemas.faults(package, files[name]["exporters"][exporter], exporter)
        none(judgement, KNOWN, f"{name}: {exporter}, by its own schema", found)
    name = "collector-service-graph.yaml"
    found = by_hand.faults(files[name]["connectors"]["service_graph"], by_hand.SERVICE_GRAPH, "service_graph")
    none(judgement, KNOWN, f"{name}: service_graph, by a list", found)
    return judgement


def judge_tempo(schemas: Schemas, files: Files) -> Judgement:
    judgement = Judgement(TEMPO, "its file")
    tempo = files["tempo.yaml"]
    none(judgement, SETTINGS, "by a list", by_hand.faults(tempo, by_hand.TEMPO, "tempo"))
    receiver = tempo["distributor"]["receivers"]["otlp"]
    none(judgement, SETTINGS, "the receiver's by the schema", schemas.faults(RECEIVER, receiver, "otlp"))
    return judgement


def judge_tasks(arguments: Namespace, files: Files, known: set[str]) -> Judgement:
    judgement = Judgement(ECS, "task definitions")
    for name, sidecar in SIDECARS.items():
        task = files[name]
        faults = ecs.faults(task)
        none(judgement, TASKS, f"{name}: as the API's model has it", faults)
        if faults:
            continue
        variables = ecs.environment(task, sidecar)
        if sidecar == "datadog-agent":
            none(judgement, TASKS, "  with variables that the Agent reads", sorted(set(variables) - known))
            receiver = variables.get("DD_OTLP_CONFIG_RECEIVER_PROTOCOLS_HTTP_ENDPOINT", "")
        else:
            receiver = files["collector-xray.yaml"]["receivers"]["otlp"]["protocols"]["http"]["endpoint"]
            size = len(documents.read("collector-xray.yaml").encode())
            fits = size <= PARAMETER
            judgement.row(TASKS, fits, "  with a configuration that a parameter has room for", f"{size} bytes")
        endpoint = urllib.parse.urlsplit(ecs.environment(task, "orders")["OTEL_EXPORTER_OTLP_ENDPOINT"])
        port = receiver.rpartition(":")[2]
        judgement.equal(TASKS, "  to the port of whose receiver the application sends", str(endpoint.port), port)
        compare_application(judgement, arguments, task)
    return judgement


def compare_application(judgement: Judgement, arguments: Namespace, task: dict) -> None:
    case = traffic.Case("in a task")
    spans, paths = live.in_task(arguments.application, arguments.work, task, case)
    expected = [(case.domain, "server", None, "production"), ("orders", "server", "1.0.0", "production")]
    judgement.equal(TASKS, "  whose environment names the application, below its gateway", live.places(spans), expected)
    # ADOT's file has no pipeline for metrics.
    if "adot-collector" in {container["name"] for container in task["containerDefinitions"]}:
        judgement.equal(TASKS, "  and sends spans alone", paths, {"/v1/traces"})


def none(judgement: Judgement, claim: str, what: str, found: Iterable[str]) -> None:
    judgement.equal(claim, what, list(found), [])
