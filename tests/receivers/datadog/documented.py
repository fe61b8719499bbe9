"""Runs the program of docs/backends on Datadog's SDK, and compares what Datadog's test agent gets of it for a request.

Exits with 0 only if all holds."""

import argparse
import json
import pathlib
import sys
import urllib.request

import traffic
from claims import Fault, Judgement, Verdict
from process import Program, free_port

BACKEND = "Datadog"
CLAIM = "the program in `docs/backends` on Datadog's SDK runs, and sends the gateway's span as a service above its own"
SWITCH = "DD_TRACE_INFERRED_PROXY_SERVICES_ENABLED"
# It has no requests at work when it is asked to end.
END = 10


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--application", type=pathlib.Path, required=True)
    parser.add_argument("--agent", type=int, required=True)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    arguments = parser.parse_args()

    verdict = Verdict()
    verdict.add(judge(arguments, "docs/backends/datadog-sdk.rs", "true"))
    verdict.add_faults(BACKEND, [Fault("a layer that is off", [CLAIM], lambda: judge(arguments, "off", "false"))])
    return verdict.finish()


def judge(arguments: argparse.Namespace, name: str, switch: str) -> Judgement:
    judgement = Judgement(BACKEND, name)
    case = traffic.Case("documented")
    ask(arguments.agent, "/test/session/clear")
    log, port = arguments.work / "documented.log", free_port()
    environment = {"ADDRESS": f"127.0.0.1:{port}", "DD_SERVICE": "orders", SWITCH: switch}
    with Program([str(arguments.application)], environment, port, log) as running:
        traffic.send(port, case)
        running.process.terminate()
        judgement.equal(CLAIM, "it ends when it is told to", running.process.wait(END), 0)
    traces = json.loads(ask(arguments.agent, "/test/session/traces"))
    spans = sorted((span for trace in traces for span in trace), key=lambda span: bool(span.get("parent_id")))
    judgement.equal(
        CLAIM,
        "service, name, resource, type, kind and status of gateway and application",
        [place(span) for span in spans],
        [
            (case.domain, "aws.apigateway", "GET /{proxy+}", "web", "server", "200"),
            ("orders", "http.server.request", "GET", "web", "server", "200"),
        ],
    )
    parents = [span.get("parent_id") or None for span in spans]
    judgement.equal(CLAIM, "  the one below the other", parents, [None, *(span["span_id"] for span in spans[:-1])])
    return judgement


def place(span: dict) -> tuple:
    said = [span[field] for field in ("service", "name", "resource", "type")]
    return *said, span["meta"].get("span.kind"), span["meta"].get("http.status_code")


def ask(port: int, path: str) -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
        return answer.read()


if __name__ == "__main__":
    sys.exit(main())
