"""Sends requests through nginx to the application, joins both logs, and compares them and the metrics."""

import copy
import json
import pathlib
import statistics
import subprocess
import sys
from collections import Counter

import process
import traffic
from command_line import read_paths
from logs import Joined, Pair, read
from table import Part, Table

REQUESTS = 5_000
SEED = 7

# What the gateway answers by itself, so that the application has no line of it.
GATEWAY_ALONE = {
    ("GET /forbidden", 403): "as for a missing API key",
    ("POST /upload", 400): "the client went away before it had sent its body, for which the gateway waits",
}
# Where both sides can't say the same: kind of request, status there, status and integrationError here, and why.
# Anything else that differs is a fault; so is one of these that no longer comes up.
BOTH = {
    ("GET /broken", 200, 200, "body"): "nginx has sent the head, and its log has no word for a body that breaks",
    ("GET /drip", 200, 200, "cancelled"): "the client went away amid the body; nginx's log has no word for that either",
}
DIFFERENCES = {
    "axum": BOTH
    | {
        ("GET /wait", 499, None, "cancelled"): "the client went away before the answer: 499 is nginx's own",
        ("GET /stall", 200, 200, "timeout"): "nginx gave up amid the body, when its log had the status already",
    },
    "actix": BOTH
    | {
        ("GET /wait", 499, 200, "-"): "actix-web doesn't notice that a client goes away before the answer",
    },
}
# actix-web learns that nobody listens when it next writes, which may be after the end: its times are then longer, and
# it sees no timeout amid a body.
LATE_NOTICE = {"axum": (), "actix": ("GET /drip", "GET /late", "GET /stall", "GET /wait")}


def main() -> int:
    arguments = read_paths("application")
    table = Table()
    for framework in DIFFERENCES:
        table.add(check(framework, arguments.application, arguments.work / framework))
    return table.finish()


def check(framework: str, application: pathlib.Path, work: pathlib.Path) -> Part:
    work.mkdir()
    metrics = serve(framework, application, work)
    gateway, ours = read(work / "gateway.log"), read(work / "application.log")
    joined = Joined(gateway, ours)
    part = Part(f"{framework}: {REQUESTS} requests through nginx")
    both_logs(part, framework, joined)
    for row in latencies(framework, joined):
        part.row(*row)
    compare_metrics(part, joined, metrics)
    deliberate_faults(part, framework, gateway, ours)
    return part


def serve(framework: str, application: pathlib.Path, work: pathlib.Path) -> list[dict]:
    """Sends all requests. The application's metrics."""
    program = subprocess.Popen(
        [application, framework, work / "application.log"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        port, application_port = process.free_port(), int(program.stdout.readline())
        configuration = (pathlib.Path(__file__).parent / "nginx.conf").read_text()
        for word, value in {"work": work, "port": port, "application": application_port}.items():
            configuration = configuration.replace(f"@{word}@", str(value))
        (work / "nginx.conf").write_text(configuration)
        command = ["nginx", "-p", str(work), "-c", str(work / "nginx.conf")]
        with process.Program(command, {}, port, work / "nginx.log"):
            traffic.send_all(port, REQUESTS, SEED)
            # The last to be noticed are those that the gateway gave up; nginx writes a line at the end of each request.
            process.wait_until(lambda: is_complete(work), 20)
        program.stdin.close()
        return [json.loads(line) for line in program.stdout.read().splitlines()]
    finally:
        program.kill()
        program.wait()


def is_complete(work: pathlib.Path) -> bool:
    gateway = read(work / "gateway.log")
    reached = sum(line["upstream"] != "" for line in gateway)
    return len(gateway) == REQUESTS and len(read(work / "application.log")) >= reached


def both_logs(part: Part, framework: str, joined: Joined) -> None:
    part.equal("the gateway's log has a line for each request", joined.lines[0], REQUESTS)
    part.row(joined.is_one_each, "no request has two lines on either side", joined.lines)
    part.equal("nothing that reached the application is missing in the gateway's log", joined.application_alone, [])
    alone = Counter((f"{line['method']} {line['uri']}", line["status"]) for line in joined.gateway_alone)
    part.equal("only what the gateway answers by itself is missing in the application's", set(alone), set(GATEWAY_ALONE))
    for answered, reason in GATEWAY_ALONE.items():
        part.row(alone[answered], f"only the gateway: {answered[0]} {answered[1]}, {alone[answered]} times", reason)
    starts = sum(pair.is_same_start() for pair in joined.pairs)
    part.equal("starts are equal to the millisecond", starts, len(joined.pairs), f"{starts} requests")

    listed, found = DIFFERENCES[framework], joined.differences()
    if framework == "actix":
        # It may notice while it writes the last chunk.
        found.pop(("GET /stall", 200, 200, "timeout"), None)
    same = sum(pair.is_same() for pair in joined.pairs)
    part.equal(
        "every status and timeout is the same, or is listed as different", set(found) - set(listed), set(), f"{same} same"
    )
    for difference, reason in listed.items():
        part.row(found[difference], f"listed: {difference[0]}, {found[difference]} times", reason)
    timeouts = [pair for pair in joined.pairs if pair.gateway["status"] == 504]
    ours = sum(pair.application["integrationError"] == "timeout" for pair in timeouts)
    part.row(timeouts and ours == len(timeouts), "every timeout of the gateway is one here", f"{ours} timeouts")


def latencies(framework: str, joined: Joined) -> list[tuple[bool, str, str]]:
    """What is claimed of both latencies, as rows of the table. Of their sums, because a busy machine delays any one."""
    pairs = [pair for pair in joined.pairs if pair.kind not in LATE_NOTICE[framework]]

    def seconds(latency) -> tuple[float, float, str]:
        theirs, ours = zip(*(latency(pair) for pair in pairs))
        middle = statistics.median(their - our for their, our in zip(theirs, ours))
        seen = f"{sum(theirs) / 1_000:.1f} s, {sum(ours) / 1_000:.1f} s; in the middle {middle:.1f} ms less here"
        return sum(theirs), sum(ours), seen

    theirs, ours, seen = seconds(Pair.latencies)
    rows = [(abs(theirs - ours) < 0.1 * theirs, "responseLatency adds up to the gateway's", seen)]
    # The gateway's begins with the connection, which may have to wait for the application.
    theirs, ours, seen = seconds(Pair.integration_latencies)
    rows.append((ours < 1.1 * theirs, "integrationLatency adds up to at most the gateway's", seen))
    return rows


def compare_metrics(part: Part, joined: Joined, metrics: list[dict]) -> None:
    def points(name: str) -> list[dict]:
        return [point for point in metrics if point["metric"] == f"inferred_gateway.{name}"]

    for name in ("request.duration", "integration.duration"):
        counted: Counter = Counter()
        for point in points(name):
            counted[point["attributes"].get("http.response.status_code")] += point["count"]
        logged = Counter(pair.application["status"] for pair in joined.pairs)
        part.equal(f"{name} counts what the log has, by status", counted, logged, f"{counted.total()} requests")
    # A clock in milliseconds makes one of a thousand starts a whole second, which may be that of an HTTP API.
    fraction = sum(pair.application["requestTimeEpoch"] % 1_000 > 0 for pair in joined.pairs)
    overhead = sum(point["count"] for point in points("overhead.duration"))
    part.equal("overhead.duration counts those with a fraction of a second", overhead, fraction, f"{overhead} requests")

    for name, field in (("request.duration", "responseLatency"), ("integration.duration", "integrationLatency")):
        seconds = sum(point["sum"] for point in points(name))
        logged = sum(int(pair.application[field]) for pair in joined.pairs) / 1_000
        # The log has whole milliseconds.
        holds = logged <= seconds < logged + len(joined.pairs) / 1_000
        part.row(holds, f"{name} sums up to the log's {field}", f"{seconds:.3f} s, {logged:.3f} s")
    failed = {"4xx": range(400, 500), "5xx": range(500, 600)}
    for name, statuses in failed.items():
        theirs = sum(pair.gateway["status"] in statuses and pair.gateway["status"] != 499 for pair in joined.pairs)
        counted = points("integration.duration")
        ours = sum(p["count"] for p in counted if p["attributes"].get("http.response.status_code") in statuses)
        part.equal(f"{name} is the gateway's, without what it answers by itself", ours, theirs, f"{ours} requests")
    active = sum(point["sum"] for point in points("active_requests"))
    part.equal("no request is active at the end", active, 0)
    part.equal("nothing was rejected", points("rejected_requests"), [])


def deliberate_faults(part: Part, framework: str, gateway: list[dict], ours: list[dict]) -> None:
    """Shows that the comparison would see a fault."""
    known = Joined(gateway, ours).differences()

    def tampered(change) -> Joined:
        lines = copy.deepcopy(ours)
        change(lines)
        return Joined(gateway, lines)

    ok = next(at for at, line in enumerate(ours) if line["status"] == 200 and line["integrationError"] == "-")
    faults = {
        "a missing line": lambda lines: lines.pop(ok),
        "a line too many": lambda lines: lines.append(lines[ok] | {"extendedRequestId": "unknown"}),
        "a line twice": lambda lines: lines.append(lines[ok]),
        "a start a millisecond off": lambda lines: lines[ok].update(requestTimeEpoch=lines[ok]["requestTimeEpoch"] + 1),
        "another status": lambda lines: lines[ok].update(status=201),
        "latencies of nothing": lambda lines: [line.update(responseLatency=0, integrationLatency="0") for line in lines],
        "a timeout that was none": lambda lines: lines[ok].update(integrationError="timeout"),
    }
    for name, change in faults.items():
        joined = tampered(change)
        is_within = all(holds for holds, _, _ in latencies(framework, joined))
        is_seen = joined.has_faults() or joined.differences() != known or not is_within
        part.row(is_seen, f"a deliberate fault is seen: {name}")


if __name__ == "__main__":
    sys.exit(main())
