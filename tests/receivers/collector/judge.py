"""What the Collector writes of the requests, and counts."""

import pathlib
from collections import Counter, defaultdict

import expected
from capture import APPLICATION, UPSTREAM, Capture
from claims import Judgement
from otelcol import DECISION_WAIT, SLOW, STATUS, Collector, collector
from otlp import Sent, whole
from process import wait_until

BACKEND = "OpenTelemetry Collector"
SERVICES = "spans arrive as they were sent, of two services"
METRICS = "`span_metrics` counts each service's requests, by method, route, status and error"
RECIPE = "the gateways' spans can be picked out and made CLIENT, for a second pipeline"
SAMPLING = "`tail_sampling` keeps the gateway's and the application's span, or neither"


def judge(program: pathlib.Path, work: pathlib.Path, name: str, capture: Capture, spans: list[Sent]) -> Judgement:
    judgement = Judgement(BACKEND, name)
    with collector(program, work, name, spans) as found:
        compare_spans(judgement, capture, spans, found.spans("all"))
        compare_metrics(judgement, capture, found)
        compare_outgoing(judgement, capture, found)
    return judgement


def compare_spans(judgement: Judgement, capture: Capture, spans: list[Sent], found: list[Sent]) -> None:
    judgement.equal(
        SERVICES,
        "every span is written as it was sent, with its Resource",
        sorted(map(whole, found)),
        sorted(map(whole, spans)),
        f"{len(spans)} spans",
    )
    chains = Counter(tuple(expected.chain(case, capture.has_edge)) for case in capture.cases)
    judgement.equal(SERVICES, "every trace is a chain: client, gateway, application", Counter(chains_of(found)), chains)
    judgement.equal(
        SERVICES,
        "  with each request's path, and its status as a number",
        sorted(
            ((sent.attributes["url.path"], sent.attributes.get(STATUS)) for sent in found if sent.is_gateway), key=str
        ),
        sorted(((case.path, case.status) for case in capture.cases), key=str),
    )


def chains_of(spans: list[Sent]) -> list[tuple[expected.Place, ...]]:
    """The traces' spans from the root down; what isn't below it is left out."""
    traces = defaultdict(dict)
    for sent in spans:
        traces[sent.trace_id][sent.parent] = sent
    chains = []
    for children in traces.values():
        places, sent = [], children.get("")
        while sent is not None:
            places.append((sent.service, sent.kind, sent.span.name))
            sent = children.get(sent.id)
        chains.append(tuple(places))
    return chains


def compare_metrics(judgement: Judgement, capture: Capture, found: Collector) -> None:
    calls = expected_calls(capture)
    wait_until(lambda: sum(found.calls().values()) >= sum(calls.values()), 10)
    judgement.equal(METRICS, "calls, no more and no less", found.calls(), calls, f"{len(calls)} series")
    gateways = {case.domain for case in capture.cases}
    servers = sum(
        count for (service, kind, *_), count in found.calls().items() if service in gateways and kind == "server"
    )
    judgement.equal(
        METRICS, "  of kind SERVER, one of a gateway for each request", servers, len(capture.cases), servers
    )


def expected_calls(capture: Capture) -> dict[tuple, int]:
    calls: Counter[tuple] = Counter()
    for case in capture.cases:
        status = case.status
        # Where the application was cut off, what the client got is the gateway's.
        own_status = None if case.patience else status
        if case.traced:
            calls[UPSTREAM, "client", "GET", None, None, False] += 1
        calls[case.domain, "server", "GET", "/{proxy+}", status, case.is_error] += 1
        if capture.has_edge:
            calls[case.domain, "client", "GET", None, status, case.is_error] += 1
        calls[APPLICATION, "server", "GET", None, own_status, own_status == 500] += 1
    return dict(calls)


def compare_outgoing(judgement: Judgement, capture: Capture, found: Collector) -> None:
    gateways = {sent.id: sent for sent in capture.spans if sent.is_gateway}
    found.wait_for_spans("outgoing", len(gateways))
    outgoing = found.spans("outgoing")
    judgement.equal(
        RECIPE,
        "the second pipeline has the gateways' spans, once, and no others",
        sorted(sent.id for sent in outgoing),
        sorted(gateways),
        len(gateways),
    )
    judgement.equal(RECIPE, "  of kind CLIENT", {sent.kind for sent in outgoing}, {"client"})


def judge_sampling(
    program: pathlib.Path, work: pathlib.Path, name: str, capture: Capture, spans: list[Sent]
) -> Judgement:
    judgement = Judgement(BACKEND, name)
    kept_paths = {case.path for case in capture.cases if case.is_error or case.age * 1000 > SLOW}
    with collector(program, work, name, spans) as found:
        found.wait_for_spans("sampled", 2 * len(kept_paths))
        # What comes after is too much.
        wait_until(lambda: len(found.spans("sampled")) > 2 * len(kept_paths), DECISION_WAIT)
        sampled = found.spans("sampled")
    traces = defaultdict(list)
    for sent in sampled:
        traces[sent.trace_id].append(sent)
    judgement.equal(
        SAMPLING,
        "every trace that is kept is whole: the gateway's span and the application's",
        Counter(tuple(sorted(sent.is_gateway for sent in trace)) for trace in traces.values()),
        Counter({(False, True): len(kept_paths)}),
        f"{len(traces)} of {len(capture.cases)}",
    )
    judgement.equal(
        SAMPLING,
        "  and is one that a policy names: errors and slow ones, all of them",
        {sent.attributes["url.path"] for sent in sampled if sent.is_gateway},
        kept_paths,
    )
    services = {sent.service for sent in sampled if not sent.is_gateway}
    judgement.equal(
        SAMPLING, "  of all applications", services, {sent.service for sent in spans if not sent.is_gateway}
    )
    return judgement
