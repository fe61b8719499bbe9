"""What Datadog's tracers make of requests that aren't as they should be, beside the page that says so.

The cells of docs/coming-from-datadog.md have to say what is found, and a cell that says otherwise has to be noticed."""

import argparse
import pathlib
import signal
import socket
import sys
import time
from collections.abc import Callable

import lab
from golden_requests import Request

PAGE = pathlib.Path(__file__).resolve().parents[3] / "docs" / "coming-from-datadog.md"
# The page's columns, of which the first is a mark and the second says what is done.
COLUMNS = {"js": 2, "py": 3, "java": 4, "go": 5}
TIME, DOMAIN = "x-dd-proxy-request-time-ms", "x-dd-proxy-domain-name"
ABORTED = "the client goes away"
YEAR = 365 * 24 * 3600 * 1000.0


def headers(now: int, **more: str) -> list[tuple[str, str]]:
    usual = {
        "x-dd-proxy": "aws-apigateway",
        TIME: str(now - 50),
        DOMAIN: "api.example.com",
        "x-dd-proxy-httpmethod": "GET",
        "x-dd-proxy-path": "/ok",
        "x-dd-proxy-stage": "prod",
    }
    return list((usual | more).items())


def cases(now: int) -> dict[str, tuple[list[tuple[str, str]], Callable[[dict, float], str]]]:
    """What is done, by the page's words; the headers, and what is said of the gateway's span and the time of sending."""
    return {
        "a time that isn't a number, `abc`": (headers(now, **{TIME: "abc"}), started),
        "the time `0`": (headers(now, **{TIME: "0"}), started),
        "the time `-1`": (headers(now, **{TIME: "-1"}), started),
        "seconds in place of milliseconds": (headers(now, **{TIME: str(now // 1000)}), started),
        "a time in the future": (headers(now, **{TIME: str(now + 60_000)}), lasted),
        "a domain twice, two different ones": ([*headers(now), (DOMAIN, "other.example.com")], service),
        "`'aws-apigateway'`, with the quotes": (headers(now, **{"x-dd-proxy": "'aws-apigateway'"}), started),
        "`AWS-APIGATEWAY`": (headers(now, **{"x-dd-proxy": "AWS-APIGATEWAY"}), started),
        "the parent in `X-Amzn-Trace-Id`": (
            headers(now, **{"x-amzn-trace-id": "Root=1-6b01024f-b70de11c1551ebd7e886fcf2;Parent=fdd64c91f0512d4e;Sampled=1"}),
            lambda gateway, _: "followed" if gateway.get("parent_id") else "ignored",
        ),
        "a handler's exception or panic": (headers(now), outcome),
        ABORTED: (headers(now), outcome),
    }


def started(gateway: dict, sent: float) -> str:
    start, duration = gateway["start"] / 1e6, gateway["duration"] / 1e6
    if duration > 50 * YEAR:
        return "a span of 56 years"
    if start < 1 * YEAR:
        return "a span in 1970"
    return "a span that starts now" if abs(start - sent) < 5_000 else f"a span from {start - sent} ms"


def lasted(gateway: dict, _: float) -> str:
    # Java's tracer has no duration of 0: 1 ns.
    return "a negative duration" if gateway["duration"] < 0 else f"duration {gateway['duration'] // 1000}"


def service(gateway: dict, _: float) -> str:
    return {"api.example.com": "the first", "other.example.com": "the last"}.get(gateway["service"], "both, joined")


def outcome(gateway: dict, _: float) -> str:
    status = gateway["meta"].get("http.status_code", "no status")
    return f"{status}, {'error' if gateway.get('error') else 'no error'}"


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    parser = argparse.ArgumentParser()
    lab.add_arguments(parser)
    arguments = parser.parse_args()

    with lab.lab(arguments) as ports:
        agent = lab.TestAgent(arguments.test_agent)
        found = {name: of_tracer(agent, ports[name]) for name in lab.NAMES}
    page = PAGE.read_text(encoding="utf-8")
    faults = differing(page, found)
    for fault in faults:
        print(f"FAIL  {fault}")
    print(f"{sum(map(len, found.values()))} cells of {PAGE.name}, {len(faults)} faults")
    # A deliberate fault.
    noticed = len(differing(page.replace("| a negative duration |", "| duration 0 |"), found)) == len(faults) + 1
    print("  a cell that says otherwise is noticed" if noticed else "FAIL  a cell that says otherwise isn't noticed")
    return 1 if faults or not noticed else 0


def of_tracer(agent: lab.TestAgent, port: int) -> dict[str, str]:
    Request("warm-up", "GET", "/ok", []).send(port)
    agent.clear()
    sent, said = {}, {}
    for number, (what, (sent_headers, _)) in enumerate(cases(int(time.time() * 1000)).items()):
        path = "/throw" if "panic" in what else "/slow" if what == ABORTED else "/ok"
        request = sent[what] = Request(f"edge-{number}", "GET", path, sent_headers)
        if what == ABORTED:
            abort(request, port)
        else:
            request.send(port)
    # One whose whole trace is lost never comes.
    arrived = agent.wait_for({request.user_agent for request in sent.values()}, 6)
    for what, (_, say) in cases(0).items():
        request = sent[what]
        gateway = arrived.gateways.get(request.user_agent)
        if request.user_agent not in arrived.servers:
            said[what] = "the whole trace is lost"
        else:
            said[what] = "no span" if gateway is None else say(gateway, request.sent)
    return said


def abort(request: Request, port: int) -> None:
    """Hangs up before there is an answer."""
    request.sent = time.time() * 1000
    lines = [f"{name}: {value}" for name, value in [*request.headers, ("user-agent", request.user_agent)]]
    head = [f"{request.method} {request.path} HTTP/1.1", "host: 127.0.0.1", *lines, "", ""]
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall("\r\n".join(head).encode())
        time.sleep(0.1)


def differing(page: str, found: dict[str, dict[str, str]]) -> list[str]:
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in page.splitlines() if line.startswith("| ✓")]
    faults = []
    for tracer, said in found.items():
        for what, seen in said.items():
            cells = [row[COLUMNS[tracer]] for row in rows if row[1] == what]
            if cells != [seen]:
                faults.append(f"{tracer}, {what}: found {seen!r}, the page says {cells}")
    return faults


if __name__ == "__main__":
    sys.exit(main())
