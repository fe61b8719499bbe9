"""What runs of the files: the Collector's, with an exporter that is built here in place of theirs, and the application
with a task's environment."""

import pathlib

import documents
import ecs
import traffic
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from otlp import Sent, attributes, post, spans_of
from process import Program, free_port, wait_until
from recorder import recorder

EXPORTER = "otlp_http"
# The application has no requests at work when it is asked to end.
END = 10


def through_collector(program: pathlib.Path, work: pathlib.Path, name: str, spans: list[Sent]) -> list[Sent]:
    """What the Collector with this file sends on of the spans."""
    otlp = free_port()
    with recorder(200, b"") as (receiver, posts):
        document = documents.load(name)
        documents.listen(document, otlp)
        (exporter,) = document["exporters"]
        documents.replace_component(document, "service pipelines traces exporters", exporter, EXPORTER)
        document["exporters"] = {EXPORTER: {"endpoint": f"http://127.0.0.1:{receiver}"}}
        configuration = documents.write(document, work / name)
        command = [str(program), "--config", str(configuration)]
        with Program(command, {}, otlp, work / f"{name}.log"):
            post(otlp, spans)
            wait_until(lambda: len(received(posts)) >= len(spans), 20)
        return received(posts)


def received(posts: list[tuple[str, bytes]]) -> list[Sent]:
    return spans_of(ExportTraceServiceRequest.FromString(body) for path, body in list(posts) if path == "/v1/traces")


def in_task(program: pathlib.Path, work: pathlib.Path, task: dict, case: traffic.Case) -> tuple[list[Sent], set[str]]:
    """What the application sends for a request with the environment of its container, and to which paths."""
    variables = ecs.environment(task, "orders")
    log = work / "task.log"
    with recorder(200, b"") as (receiver, posts):
        port = free_port()
        documents.replace(variables, "PORT", str(port))
        documents.replace(variables, "OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{receiver}")
        with Program([str(program)], variables, port, log) as running:
            traffic.send(port, case)
            code, _ = running.interrupt(END)
        if code != 0:
            raise AssertionError(f"the application ends with {code}: {log.read_text()[-2000:]}")
    return received(posts), {path for path, _ in posts}


def places(spans: list[Sent]) -> list[tuple]:
    """The trace's spans from the root down: service, kind, version and environment."""
    children = {sent.parent: sent for sent in spans}
    found, sent = [], children.get("")
    while sent:
        resource = attributes(sent.resource)
        found.append(
            (sent.service, sent.kind, resource.get("service.version"), resource.get("deployment.environment.name"))
        )
        sent = children.get(sent.id)
    return found
