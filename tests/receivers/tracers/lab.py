"""Datadog's tracers for Node, Python, Go and Java, each with the golden application, in front of Datadog's test agent."""

import json
import os
import pathlib
import urllib.request
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from process import Program, free_port, wait_until

# As in the golden runs.
SETTINGS = {
    "DD_SERVICE": "aws-server",
    "DD_ENV": "golden",
    "DD_VERSION": "1.0",
    "DD_TRACE_INFERRED_PROXY_SERVICES_ENABLED": "true",
    # Or a limiter drops traces.
    "DD_TRACE_RATE_LIMIT": "10000",
    "DD_TRACE_STATS_COMPUTATION_ENABLED": "false",
    "DD_INSTRUMENTATION_TELEMETRY_ENABLED": "false",
    "DD_REMOTE_CONFIGURATION_ENABLED": "false",
    "DD_APPSEC_ENABLED": "false",
    "DD_PROFILING_ENABLED": "false",
    "DD_JMXFETCH_ENABLED": "false",
    "DD_RUNTIME_METRICS_ENABLED": "false",
}
NAMES = "js", "py", "go", "java"


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--test-agent", type=int, required=True)
    parser.add_argument("--node", type=pathlib.Path, required=True)
    parser.add_argument("--go", type=pathlib.Path, required=True)
    parser.add_argument("--tracers", type=pathlib.Path, required=True)
    parser.add_argument("--work", type=pathlib.Path, required=True)


def commands(arguments: Namespace, port: int) -> dict[str, list[str]]:
    tracers = arguments.tracers
    python = str(tracers / "py" / "bin")
    java_agent = next((tracers / "java").glob("dd-java-agent-*.jar"))
    jars = [jar for jar in sorted((tracers / "java").glob("*.jar")) if jar != java_agent]
    class_path = ":".join([str(tracers / "java"), *map(str, jars)])
    application = pathlib.Path(__file__).parent / "py"
    uvicorn = ["-m", "uvicorn", "application:app", f"--app-dir={application}", f"--port={port}", "--log-level=warning"]
    return {
        "js": [str(arguments.node), str(tracers / "js" / "application.js")],
        "py": [f"{python}/ddtrace-run", f"{python}/python", "-B", *uvicorn],
        "go": [str(arguments.go)],
        "java": ["java", "-Xmx256m", f"-javaagent:{java_agent}", "-cp", class_path, "Application"],
    }


@contextmanager
def lab(arguments: Namespace) -> Iterator[dict[str, int]]:
    """Yields the ports of the four applications."""
    with ExitStack() as running:
        ports = {}
        for name in NAMES:
            port = ports[name] = free_port()
            environment = SETTINGS | {
                "PORT": str(port),
                "DD_TRACE_AGENT_URL": f"http://127.0.0.1:{arguments.test_agent}",
                "DD_DOGSTATSD_PORT": str(arguments.test_agent),
                "PATH": f"{arguments.tracers}/py/bin:{os.environ['PATH']}",
            }
            log = arguments.work / f"{name}.log"
            running.enter_context(Program(commands(arguments, port)[name], environment, port, log))
        yield ports


class TestAgent:
    """Who sends what is told apart by the language that the tracer names."""

    def __init__(self, port: int):
        self.port = port

    def clear(self) -> None:
        self.ask("/test/session/clear")

    def spans(self) -> list[dict]:
        return [span for trace in json.loads(self.ask("/test/session/traces")) for span in trace]

    def ask(self, path: str) -> bytes:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=60) as answer:
            return answer.read()

    def wait_for(self, user_agents: set[str], seconds: float = 30) -> "Arrived":
        """What arrived when the server span of each of these requests is there, or after that time."""
        found: list[Arrived] = []

        def all_are_there() -> bool:
            found[:] = [Arrived(self.spans())]
            return user_agents <= set(found[0].servers)

        wait_until(all_are_there, seconds)
        return found[0]


def user_agent(span: dict) -> str:
    return span["meta"].get("http.useragent", "")


def is_gateway(span: dict) -> bool:
    return "_dd.inferred_span" in span["metrics"]


class Arrived:
    """Spans by the user agent of their requests, which is different for each."""

    def __init__(self, spans: list[dict]):
        for span in spans:
            span.setdefault("meta", {})
            span.setdefault("metrics", {})
        own = {(span["trace_id"], span["span_id"]): span for span in spans if not is_gateway(span)}
        # Frameworks add spans below.
        self.servers = {
            user_agent(span): span
            for span in own.values()
            if user_agent(span) and (span["trace_id"], span.get("parent_id", 0)) not in own
        }
        gateways = {(span["trace_id"], span["span_id"]): span for span in spans if is_gateway(span)}
        self.gateways = {}
        for agent, server in self.servers.items():
            gateway = gateways.pop((server["trace_id"], server.get("parent_id", 0)), None)
            if gateway is not None:
                self.gateways[agent] = gateway
        # Of no request, or above no server's span.
        self.strangers = list(gateways.values())
