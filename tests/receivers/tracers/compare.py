"""Ours beside those of Datadog's tracers, request by request: where these agree, ours has to agree too."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

import lab
from golden_requests import AGE, Request

SPAN = "span"
TAGS = (
    "component",
    "http.method",
    "http.url",
    "http.route",
    "stage",
    "account_id",
    "apiid",
    "region",
    "dd_resource_key",
    "span.kind",
)
# Which tracers make a span for which proxy.
KNOWS = {
    "js": {"aws-apigateway", "aws-httpapi", "azure-apim", "azure-gw", "azure-fd"},
    "py": {"aws-apigateway", "aws-httpapi", "azure-apim"},
    "go": {"aws-apigateway"},
    "java": {"aws-apigateway", "aws-httpapi", "azure-apim"},
}
# A tracer has no voice in what it reports by an older contract, or is known to get wrong: see differences.json.
NO_VOICE = {
    "go": {"http.url", "http.route", "span.kind", "account_id", "apiid", "region", "dd_resource_key"},
    "py": {"http.status_code"},
}
# That of the older contract doesn't look at it.
RESOURCE_PATH = "x-dd-proxy-resource-path"
# So many have to agree, or nothing is said.
QUORUM = 2


@dataclass
class Known:
    """A difference on purpose. `holds` says in which requests; `ours` and `theirs` are what the field says there."""

    field: str
    reason: str
    holds: Callable[[Request, object, object], bool]
    found: list[Request] = field(default_factory=list)


def known() -> list[Known]:
    return [
        Known(
            "resource",
            "our choice: ids are kept out of resource names where there is no resource path",
            lambda request, ours, theirs: not request.header(RESOURCE_PATH)
            and "{id}" in ours
            and "{id}" not in theirs,
        ),
        Known(
            "http.method",
            "our choice: a method that HTTP doesn't have is _OTHER, as OpenTelemetry says",
            lambda request, ours, theirs: (ours, theirs) == ("_OTHER", "ANY"),
        ),
        Known(
            "resource",
            "our choice: a method that HTTP doesn't have is _OTHER, as OpenTelemetry says",
            lambda request, ours, theirs: theirs.startswith("ANY ") and not ours.startswith("ANY "),
        ),
    ]


def fields(gateway: dict | None, server: dict | None, request: Request) -> dict[str, object]:
    """What is compared, in terms of the request. Without a gateway's span, no more than that."""
    if server is None:
        return {SPAN: "no trace at all"}
    if gateway is None:
        return {SPAN: False}
    meta, metrics = gateway["meta"], gateway["metrics"]
    status = meta.get("http.status_code") or metrics.get("http.status_code")
    return {
        SPAN: True,
        "name": gateway["name"],
        "service": gateway["service"],
        "resource": gateway["resource"],
        "type": gateway.get("type"),
        "error": gateway.get("error") or 0,
        "http.status_code": None if status is None else int(status),
        # To the nearest: py reckons with floating-point numbers.
        "start": (gateway["start"] + 500_000) // 1_000_000 - (int(request.sent) - AGE),
        "trace": gateway["trace_id"] if is_propagated(request) else "its own",
        "parent": gateway.get("parent_id") or 0,
        "application's service is another": gateway["service"] != server["service"],
        **{tag: meta.get(tag) for tag in TAGS},
    }


def has_voice(tracer: str, what: str, request: Request) -> bool:
    if tracer == "go" and what == "resource" and request.header(RESOURCE_PATH):
        return False
    return what not in NO_VOICE.get(tracer, ())


def is_propagated(request: Request) -> bool:
    return bool(request.header("traceparent") or request.header("x-datadog-trace-id"))


class Comparison:
    def __init__(self) -> None:
        self.known = known()
        # By what differs: the requests.
        self.faults: dict[str, list[Request]] = defaultdict(list)
        self.compared = self.agreed = 0

    def add(self, request: Request, ours: dict[str, object], theirs: dict[str, dict[str, object]]) -> None:
        proxy = request.header("x-dd-proxy")
        for name, said in theirs.items():
            if said[SPAN] is not (proxy in KNOWS[name]):
                self.faults[f"{name}: a span for {proxy}: {said[SPAN]}"].append(request)
        theirs = {name: said for name, said in theirs.items() if said[SPAN] is True}
        for what, own in ours.items():
            voices = {name: said[what] for name, said in theirs.items() if has_voice(name, what, request)}
            self.compared += 1
            if len(voices) < QUORUM or len(set(voices.values())) > 1:
                continue
            self.agreed += 1
            agreed = next(iter(voices.values()))
            if own != agreed:
                self.differs(request, what, own, agreed)

    def differs(self, request: Request, what: str, ours: object, theirs: object) -> None:
        for listed in self.known:
            if listed.field == what and listed.holds(request, ours, theirs):
                listed.found.append(request)
                return
        self.faults[f"{what}: ours {ours!r}, theirs {theirs!r}"].append(request)


def smallest(requests: list[Request]) -> Request:
    return min(requests, key=lambda request: sum(len(name) + len(value) for name, value in request.headers))


def one_line(request: Request) -> str:
    return f"{request.method} {request.path} {dict(sorted(request.headers))}"


def agents_name(name: str) -> str:
    """As the Agent writes it, whatever tracer a name comes from."""
    return name.replace("-", "_")


def prepared(arrived: lab.Arrived, request: Request) -> dict[str, object]:
    agent = request.user_agent
    said = fields(arrived.gateways.get(agent), arrived.servers.get(agent), request)
    if "name" in said:
        said["name"] = agents_name(str(said["name"]))
    return said
