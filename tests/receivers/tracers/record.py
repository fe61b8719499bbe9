"""Records what Datadog's tracers report of the golden requests, in the form of tests/golden/*.json.

With `--write`, writes the files of the tracers that it names; without, compares the files with what is reported now."""

import argparse
import copy
import json
import re
import signal
import sys

import golden_requests
import lab
from golden_requests import AGE, GOLDEN, Request

# Of a process, a thread, a connection or a moment.
DIFFERS = {
    "meta": {"runtime-id", "_dd.p.tid", "thread.name", "_dd.p.ksr", "_dd.tags.process", "_dd.tracer_host"},
    "metrics": {"process_id", "thread.id", "peer.port", "_dd.trace_span_attribute_schema", "_dd.tracer_kr"},
}
# The others were recorded before.
RECORDED = "go", "java"
# Of what is recorded, the times: to be compared as a whole, not to the hundredth of a millisecond.
TIMES = "start_minus_header_ms", "start_minus_send_ms", "duration_ms"


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    parser = argparse.ArgumentParser()
    lab.add_arguments(parser)
    parser.add_argument("--write", nargs="*", choices=RECORDED)
    arguments = parser.parse_args()

    faults = 0
    with lab.lab(arguments) as ports:
        for name in arguments.write or RECORDED:
            recorded = record(lab.TestAgent(arguments.test_agent), ports[name])
            path = GOLDEN / f"{name}.json"
            if arguments.write:
                path.write_text(json.dumps(recorded, indent=1) + "\n", encoding="utf-8")
                print(f"{path.name}: {len(recorded)} requests")
            else:
                old = json.loads(path.read_text(encoding="utf-8"))
                faults += show(name, differing(old, recorded), len(recorded))
                faults += not finds_a_fault(old, recorded)
    return 1 if faults else 0


def record(agent: lab.TestAgent, port: int) -> dict:
    # The first request of a process takes long.
    golden_requests.Request("warm-up", "GET", "/ok", []).send(port)
    agent.clear()
    requests = golden_requests.read()
    for request in requests:
        request.send(port)
    arrived = agent.wait_for({request.user_agent for request in requests})
    if arrived.strangers:
        raise AssertionError(f"a gateway's span of no request: {arrived.strangers}")
    return {request.id: of_request(request, arrived) for request in requests}


def of_request(request: Request, arrived: lab.Arrived) -> dict:
    server = arrived.servers[request.user_agent]
    gateway = arrived.gateways.get(request.user_agent)
    spans = [server] if gateway is None else [gateway, server]
    ids = {span["span_id"]: f"s{number}" for number, span in enumerate(spans)}
    client = {
        "elapsed_ms": round(request.answered - request.sent, 1),
        "aborted": request.status == 0,
        "status": request.status,
    }
    return {"client": client, "spans": [of_span(span, request, ids, span is gateway) for span in spans]}


def of_span(span: dict, request: Request, ids: dict[int, str], is_gateway: bool) -> dict:
    parent = span.get("parent_id") or 0
    start = span["start"] / 1e6
    said = {
        "ref": ids[span["span_id"]],
        "parent": ids.get(parent, f"remote:{parent}") if parent else "none",
        "name": span["name"],
        "service": span["service"],
        "resource": span["resource"],
        "type": span.get("type") or "",
        "error": span.get("error") or 0,
    }
    if is_gateway and request.header("x-dd-proxy-request-time-ms"):
        said["start_minus_header_ms"] = round(start - (int(request.sent) - AGE), 2)
    said |= {
        "start_minus_send_ms": round(start - request.sent, 2),
        "duration_ms": round(span["duration"] / 1e6, 2),
        "meta": {key: tag(key, value) for key, value in sorted(span["meta"].items()) if key not in DIFFERS["meta"]},
        "metrics": {key: value for key, value in sorted(span["metrics"].items()) if key not in DIFFERS["metrics"]},
        "trace": trace(span, request),
    }
    return said


def tag(key: str, value: str) -> str:
    if key == "error.stack":
        return f"<stack {len(value.splitlines())} lines>"
    return re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:<port>", value)


def trace(span: dict, request: Request) -> str:
    if request.header("x-datadog-trace-id") == str(span["trace_id"]):
        return f"propagated:{span['trace_id']}"
    client = (request.header("traceparent") or "-" * 32).split("-")[1]
    if client and int(client[16:], 16) == span["trace_id"]:
        return f"propagated:{client[:16]}:{span['trace_id']}"
    return "generated"


def differing(old: dict, new: dict) -> list[tuple[str, object, object]]:
    """The requests of which something else is reported now, with what was and what is."""
    both = ((request, without_times(old.get(request)), without_times(new.get(request))) for request in old | new)
    return [(request, before, after) for request, before, after in both if before != after]


def show(name: str, faults: list[tuple[str, object, object]], count: int) -> int:
    for request, before, after in faults:
        print(f"FAIL: {name}, {request}: recorded {json.dumps(before)}\n  reported {json.dumps(after)}")
    print(f"{name}: {count} golden requests recorded again, {len(faults)} faults")
    return len(faults)


def finds_a_fault(old: dict, new: dict) -> bool:
    """Whether a deliberate one is found: one request's gateway span with another status."""
    faulty = copy.deepcopy(new)
    faulty["six"]["spans"][0]["meta"]["http.status_code"] = "201"
    found = len(differing(old, faulty)) == len(differing(old, new)) + 1
    print("  a status that is another is found" if found else "FAIL: a status that is another isn't found")
    return found


def without_times(recorded: dict | None) -> list | None:
    if recorded is None:
        return None
    spans = [{key: value for key, value in span.items() if key not in TIMES} for span in recorded["spans"]]
    for span in spans:
        # A frame more or less.
        span["meta"] = {key: value for key, value in span["meta"].items() if key != "error.stack"}
        # By default, and at the rate that the agent gave: how soon it gave one differs.
        if span["meta"].get("_dd.p.dm") in ("-0", "-1"):
            span["meta"]["_dd.p.dm"] = "-0 or -1"
        span["metrics"] = {key: value for key, value in span["metrics"].items() if key != "_dd.agent_psr"}
    return [recorded["client"]["status"], *spans]


if __name__ == "__main__":
    sys.exit(main())
