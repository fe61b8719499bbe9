"""A receiver that fails harms no request, costs bounded memory, and loses only what can't be kept; the application
ends in time."""

import json
import pathlib
import secrets
import subprocess
import sys
import time
from argparse import Namespace

import agent
from faults import DOWN, PASS, RESET, SILENT, SLOW, UNAVAILABLE, Proxy
from process import Program, free_port, wait_until
from table import Part

PROTOCOLS = ["http/protobuf", "grpc"]

# Milliseconds; short, so that the check is.
EXPORT_DELAY = 200
# In seconds, a tenth of what an export may take.
LONG = 1.0
# The machine may stall, too: what happens once isn't the receiver's doing.
TRIES = 3
# otlp::Guard's, in seconds, and what a process takes beside it.
SHUTDOWN_LIMIT, SLACK = 5.0, 1.5
# What waits in the SDK's queue, and what is under way, in spans.
QUEUE, BATCH = 2_048, 512
REQUESTS, PER_SECOND = 300, 300
AFTER = 50
FLOOD = 6_000
MEMORY_LIMIT = 16 * 2**20


class Application:
    """examples/axum.rs, which has `otlp::init`, behind a receiver that can fail."""

    def __init__(self, arguments: Namespace, protocol: str, name: str):
        self.arguments = arguments
        target = arguments.agent_grpc if protocol == "grpc" else arguments.agent_http
        self.receiver = Proxy(target)
        self.port = free_port()
        environment = {
            "PORT": str(self.port),
            "OTEL_SERVICE_NAME": "orders",
            "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{self.receiver.port}",
            "OTEL_BSP_SCHEDULE_DELAY": str(EXPORT_DELAY),
        }
        log = arguments.work / f"axum-{protocol.replace('/', '-')}-{name.replace(' ', '-')}.log"
        self.program = Program([str(arguments.examples / "axum")], environment, self.port, log)

    def clear(self) -> None:
        """Has the agent forget what it got, which makes its every answer longer."""
        agent.clear(self.arguments.agent_http)

    def load(self, count: int, per_second: float = 0) -> "Load":
        prefix = secrets.token_hex(8)
        command = [sys.executable, "-B", str(pathlib.Path(__file__).with_name("load.py"))]
        command += [str(self.port), prefix, str(count), str(per_second)]
        result = subprocess.run(command, stdout=subprocess.PIPE, timeout=120, check=True)
        return Load(count, prefix, self.arguments.agent_http, **json.loads(result.stdout))


class Load:
    """Requests that were sent, how they were answered, and what arrived of their spans."""

    def __init__(self, count: int, prefix: str, agent_port: int, statuses: dict, median: float, slowest: float):
        self.count, self.prefix, self.agent_port = count, prefix, agent_port
        self.statuses, self.median, self.slowest = statuses, median, slowest
        self.sent_at = time.monotonic()
        # The gateway's and the application's.
        self.made = 2 * count

    def arrived(self) -> int:
        trace_ids = {f"{self.prefix}{number:016x}" for number in range(self.count)}
        return len({span.span_id for span in agent.read(self.agent_port, trace_ids)})

    def has_arrived(self, seconds: float) -> bool:
        return wait_until(lambda: self.arrived() == self.made, seconds)

    def settled(self) -> int:
        """How many have arrived when no more come."""
        before, now = -1, 0
        while before != now or now == 0:
            time.sleep(1.5)
            before, now = now, self.arrived()
            if time.monotonic() > self.sent_at + 30:
                break
        return now

    def is_unharmed(self, usual: "Load") -> bool:
        """All are answered, as fast as usual, and none waits for an export."""
        return self.is_answered() and self.median < 3 * usual.median + 0.005

    def is_answered(self) -> bool:
        return self.statuses == {"200": self.count} and self.slowest < LONG

    def __str__(self) -> str:
        statuses = ", ".join(f"{count} x {status}" for status, count in self.statuses.items())
        return f"{statuses}, median {self.median * 1000:.1f} ms, slowest {self.slowest * 1000:.0f} ms"


def check(protocol: str, arguments: Namespace) -> Part:
    part = Part(f"axum with otlp::init, {protocol}, and a receiver that fails")
    faults = [DOWN, SLOW, SILENT, RESET]
    if protocol != "grpc":
        faults.append(UNAVAILABLE)
    application = Application(arguments, protocol, "all")
    with application.program:
        usual = application.load(REQUESTS, PER_SECOND)
        part.row(usual.statuses == {"200": REQUESTS}, "up: requests are answered", usual)
        part.row(usual.has_arrived(20), "  all spans arrive", f"{usual.arrived()} of {usual.made}")
        for fault in faults:
            during(part, application, fault, usual)
        short_outage(part, application)
        flood(part, application)
    for fault in faults:
        shutdown(part, Application(arguments, protocol, fault), fault)
    return part


def during(part: Part, application: Application, fault: str, usual: Load) -> None:
    application.clear()
    application.receiver.become(fault)
    for _ in range(TRIES):
        load = application.load(REQUESTS, PER_SECOND)
        if load.is_unharmed(usual):
            break
    part.row(load.is_unharmed(usual), f"{fault}: requests are answered as usual", load)
    application.receiver.become(PASS)
    after = application.load(AFTER)
    arrives = after.has_arrived(20)
    arrived = load.arrived()
    seen = f"{after.arrived()} of {after.made}, and {arrived} of {load.made} of before"
    if fault == SLOW:
        part.row(arrives and arrived == load.made, "  nothing is lost", seen)
    else:
        # What was exported meanwhile is lost, unless a retry still comes in time; what waited is not.
        part.row(arrives, "  up again: what comes then arrives", seen)


def short_outage(part: Part, application: Application) -> None:
    application.receiver.become(DOWN)
    load = application.load(AFTER)
    time.sleep(0.3)
    application.receiver.become(PASS)
    arrives = load.has_arrived(20)
    part.row(arrives, "down for 0.3 s: nothing is lost", f"{load.arrived()} of {load.made}")


def flood(part: Part, application: Application) -> None:
    application.clear()
    before = application.program.memory()
    application.receiver.become(SILENT)
    for _ in range(TRIES):
        load = application.load(FLOOD)
        if load.is_answered():
            break
    grown = application.program.memory() - before
    part.row(
        grown < MEMORY_LIMIT,
        f"silent, {load.made} spans: memory grows by less than {MEMORY_LIMIT // 2**20} MiB",
        f"{grown / 2**20:.1f} MiB",
    )
    part.row(load.is_answered(), "  requests are answered", load)
    application.receiver.become(PASS)
    # As long as the queue is full, there is no room for what comes.
    arrived = load.settled()
    part.row(
        0 < arrived <= QUEUE + 2 * BATCH,
        f"  up again: what the queue of {QUEUE} still held arrives",
        f"{arrived} of {load.made}",
    )
    after = application.load(AFTER)
    arrives = after.has_arrived(20)
    part.row(arrives, "  and what comes then", f"{after.arrived()} of {after.made}")


def shutdown(part: Part, application: Application, fault: str) -> None:
    with application.program:
        application.receiver.become(fault)
        load = application.load(AFTER)
        code, seconds = application.program.interrupt(SHUTDOWN_LIMIT + SLACK)
        part.row(code == 0, f"{fault}: ends within {SHUTDOWN_LIMIT:.0f} s", f"exit code {code} after {seconds:.1f} s")
        if fault == SLOW:
            part.row(load.has_arrived(10), "  and nothing is lost", f"{load.arrived()} of {load.made}")
