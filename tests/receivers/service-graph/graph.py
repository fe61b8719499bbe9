"""The service graph of Tempo and of the Collector's `servicegraph` connector, by the rule that both publish.

An edge is known by a trace and the id of a CLIENT span. That span says who calls, and the SERVER span that has it as
its parent says who is called. What is still half when its time is over expires: a root's caller is then called `user`,
and a callee that never said anything is named by the caller's `peer.service`.

Sources: `connector/servicegraphconnector` of opentelemetry-collector-contrib, and Tempo's
`modules/generator/processor/servicegraphs`. Databases and messaging, which they know too, don't occur here. Their own
metric for expired edges counts those that are completed so as well; `expired` here doesn't."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from otlp import CLIENT, SERVER, Sent

VIRTUAL_CALLER = "user"
# The first of `virtual_node_peer_attributes`.
PEER = "peer.service"


@dataclass
class Edge:
    client: str = ""
    server: str = ""
    peer: str = ""
    is_failed: bool = False


@dataclass
class Graph:
    # Requests by caller, callee and whether they failed.
    requests: Counter[tuple[str, str, bool]] = field(default_factory=Counter)
    # Those who were called by a CLIENT span that never came.
    expired: Counter[str] = field(default_factory=Counter)


def graph(spans: Iterable[Sent]) -> Graph:
    waiting: dict[tuple[str, str], Edge] = {}
    found = Graph()
    for sent in spans:
        if sent.span.kind not in (CLIENT, SERVER):
            continue
        is_client = sent.span.kind == CLIENT
        key = sent.trace_id, sent.id if is_client else sent.parent
        edge = waiting.setdefault(key, Edge())
        edge.is_failed |= sent.is_error
        if is_client:
            edge.client = sent.service
            edge.peer = str(sent.attributes.get(PEER, ""))
        else:
            edge.server = sent.service
        if edge.client and edge.server:
            complete(found, waiting.pop(key))
    for (_, parent), edge in waiting.items():
        expire(found, edge, is_root=not parent)
    return found


def complete(found: Graph, edge: Edge) -> None:
    found.requests[edge.client, edge.server, edge.is_failed] += 1


def expire(found: Graph, edge: Edge, is_root: bool) -> None:
    if edge.server and is_root:
        edge.client = VIRTUAL_CALLER
        complete(found, edge)
    elif edge.client and edge.peer:
        edge.server = edge.peer
        complete(found, edge)
    else:
        found.expired[edge.server or edge.client] += 1
