"""The service graph of what the Collector wrote."""

import pathlib
from collections import Counter

from capture import APPLICATION, UPSTREAM, Capture
from claims import Judgement
from graph import VIRTUAL_CALLER, Graph, graph
from otelcol import collector
from otlp import Sent

BACKEND = "Service graphs"
GAP = "without `service_graph(true)`, the gateway has its callers, and the application has none"
EDGE = "with `service_graph(true)`, edges lead from the callers to the gateway, and from there to the application"
RECIPE = "with the Collector's second pipeline, the same edges without `service_graph(true)`"


def judge(
    program: pathlib.Path, work: pathlib.Path, name: str, claim: str, capture: Capture, spans: list[Sent]
) -> Judgement:
    judgement = Judgement(BACKEND, name)
    with collector(program, work, name, spans) as found:
        written = found.spans("all")
        if claim == RECIPE:
            gateways = sum(sent.is_gateway for sent in spans)
            found.wait_for_spans("outgoing", gateways)
            # One instance of the connector is fed by both pipelines.
            written += found.spans("outgoing")
    seen = graph(written)
    compare(judgement, claim, capture, seen)
    return judgement


def compare(judgement: Judgement, claim: str, capture: Capture, seen: Graph) -> None:
    inbound: Counter[tuple[str, str, bool]] = Counter()
    onward: Counter[tuple[str, str, bool]] = Counter()
    for case in capture.cases:
        inbound[UPSTREAM if case.traced else VIRTUAL_CALLER, case.domain, case.is_error] += 1
        onward[case.domain, APPLICATION, case.is_error] += 1
    requests = len(capture.cases)
    if claim == GAP:
        judgement.equal(
            claim, "from callers to gateways, failures counted, and no other edge", seen.requests, inbound, requests
        )
        judgement.equal(
            claim,
            "the application waits for a CLIENT span that never comes, for each request",
            seen.expired,
            Counter({APPLICATION: requests}),
            requests,
        )
        return
    edges = inbound + onward
    judgement.equal(claim, "all edges, failures counted", seen.requests, edges)
    for client, server in sorted({(client, server) for client, server, _ in edges}):
        found, wanted = ([counts[client, server, failed] for failed in (False, True)] for counts in (seen.requests, edges))
        judgement.equal(claim, f"  {client} -> {server}", found, wanted, f"{sum(found)}, of which {found[1]} failed")
    judgement.equal(claim, "nothing expires", seen.expired, Counter())
