"""Sends generated requests to Datadog's tracers and to ours, and compares the gateway's spans.

Ours go through the code of Datadog's Agent, so that both are what Datadog would get. Exits with 0 only if all holds."""

import argparse
import copy
import pathlib
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import replace

import generator
import lab
from claims import Fault, Judgement, Verdict
from compare import Comparison, one_line, prepared, smallest
from datadog_agent import agent as datadog_agent
from golden_requests import AGE, Request
from process import Program, free_port, wait_until

BACKEND = "Datadog"
CLAIM = "where Datadog's tracers for Node, Python, Go and Java agree on generated requests, ours agrees, but for listed differences"
# What each reported: the request as it was sent to it, and its fields.
Reports = list[tuple[Request, dict[str, object]]]


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    parser = argparse.ArgumentParser()
    lab.add_arguments(parser)
    parser.add_argument("--application", type=pathlib.Path, required=True)
    parser.add_argument("--agent", type=pathlib.Path, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--count", type=int, required=True)
    arguments = parser.parse_args()

    requests = generator.requests(arguments.seed, arguments.count)
    ours = of_ours(arguments, requests)
    with lab.lab(arguments) as ports:
        theirs = {name: of_tracer(lab.TestAgent(arguments.test_agent), ports[name], requests) for name in lab.NAMES}

    verdict = Verdict()
    name = f"{arguments.count} generated requests, seed {arguments.seed}"
    verdict.add(judge(name, ours, theirs))

    def fault(name: str, field: str, change: Callable[[object], object]) -> Fault:
        faulty = copy.deepcopy(ours)
        said = next(said for request, said in faulty if request.header("x-dd-proxy") == "aws-apigateway")
        said[field] = change(said[field])
        return Fault(name, [CLAIM], lambda: judge(name, faulty, theirs))

    verdict.add_faults(
        BACKEND,
        [
            fault("a service of another domain", "service", lambda _: "other.example.com"),
            fault("a start that is a millisecond late", "start", lambda start: start + 1),
            fault("a parent that is another span", "parent", lambda parent: parent + 1),
            fault("an error that is none, or none that is one", "error", lambda error: 1 - error),
            fault("no span", "span", lambda _: False),
        ],
    )
    return verdict.finish()


def judge(name: str, ours: Reports, theirs: dict[str, Reports]) -> Judgement:
    judgement = Judgement(BACKEND, name)
    comparison = Comparison()
    for number, (request, said) in enumerate(ours):
        comparison.add(request, said, {tracer: reports[number][1] for tracer, reports in theirs.items()})
    seen = f"{comparison.compared} fields compared, tracers agree on {comparison.agreed}"
    judgement.row(CLAIM, not comparison.faults and comparison.agreed, "every field that tracers agree on", seen)
    for what, requests in sorted(comparison.faults.items()):
        judgement.row(CLAIM, False, f"  {what}", f"{len(requests)} x, smallest: {one_line(smallest(requests))}")
    for listed in comparison.known:
        seen = f"{len(listed.found)} x, smallest: {one_line(smallest(listed.found))}" if listed.found else "not found"
        judgement.row(CLAIM, listed.found, f"  {listed.field}: {listed.reason}", seen)
    return judgement


def of_ours(arguments: argparse.Namespace, requests: list[Request]) -> Reports:
    port = free_port()
    with datadog_agent(arguments.agent, arguments.work, "generated") as receiver:
        environment = {
            "PORT": str(port),
            "OTEL_SERVICE_NAME": "aws-server",
            "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{receiver.port}",
            "OTEL_METRICS_EXPORTER": "none",
            "OTEL_BSP_MAX_QUEUE_SIZE": "100000",
            "OTEL_PROPAGATORS": "tracecontext,datadog",
            "DD_TRACE_INFERRED_PROXY_SERVICES_ENABLED": "true",
        }
        with Program([str(arguments.application)], environment, port, arguments.work / "ours.log") as running:
            sent = [send(request, port) for request in requests]
            running.interrupt(30)
        wait_until(lambda: len(receiver.spans()) >= 2 * len(requests), 30)
    return reports(lab.Arrived(with_user_agents(receiver.spans())), sent)


def with_user_agents(spans: list[dict]) -> list[dict]:
    """Our application's spans say nothing of the user agent: that of the gateway's span above."""
    gateways = {(span["trace_id"], span["span_id"]): span for span in spans if lab.is_gateway(span)}
    for span in spans:
        gateway = gateways.get((span["trace_id"], span["parent_id"]))
        if gateway is not None:
            span["meta"]["http.useragent"] = lab.user_agent(gateway)
    return spans


def of_tracer(agent: lab.TestAgent, port: int, requests: list[Request]) -> Reports:
    # The first request of a process takes long.
    Request("warm-up", "GET", "/ok", []).send(port)
    agent.clear()
    sent = [send(request, port) for request in requests]
    return reports(agent.wait_for({request.user_agent for request in sent}), sent)


def send(request: Request, port: int) -> Request:
    # An HTTP API's time in whole seconds is read as such by us, and no gateway's by accident.
    while (int(time.time() * 1000) - AGE) % 1000 in (998, 999, 0):
        time.sleep(0.001)
    own = replace(request)
    own.send(port)
    expected = int(own.path.rsplit("/", 1)[1])
    if own.status != expected:
        raise AssertionError(f"{own} is answered with {own.status}")
    return own


def reports(arrived: lab.Arrived, sent: list[Request]) -> Reports:
    return [(request, prepared(arrived, request)) for request in sent]


if __name__ == "__main__":
    sys.exit(main())
