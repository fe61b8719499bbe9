"""What X-Ray gets of the requests."""

from capture import APPLICATION, Capture
from claims import Judgement
from otlp import Sent
from segments import segments

BACKEND = "AWS X-Ray"
SEGMENT = "the gateway is a segment named by its domain, with the request's status, `error` and `fault`"
SUBSEGMENT = "with `service_graph(true)`, the integration is a `remote` subsegment of it, named after the application"


def judge(name: str, capture: Capture, spans: list[Sent]) -> Judgement:
    """By the rule of the Collector's exporter."""
    judgement = Judgement(BACKEND, name)
    made = segments(spans)
    cases = {case.path: case for case in capture.cases}
    gateways = [(cases[sent.attributes["url.path"]], made[sent.id]) for sent in spans if sent.is_gateway]
    judgement.equal(
        SEGMENT,
        "the gateway's spans are segments, or below a traced client's",
        [(segment["name"], segment.get("type"), segment.get("parent_id")) for _, segment in gateways],
        [(case.domain, None, case.client_span_id if case.traced else None) for case, _ in gateways],
        len(gateways),
    )
    judgement.equal(
        SEGMENT,
        "  with the request's status, error and fault",
        [(segment.get("status"), segment["error"], segment["fault"]) for _, segment in gateways],
        [(case.status, case.status == 404, case.is_error) for case, _ in gateways],
    )
    applications = [sent for sent in spans if sent.service == APPLICATION and not sent.is_gateway]
    judgement.equal(
        SEGMENT,
        "the application's are segments of their own",
        {(made[sent.id]["name"], made[sent.id].get("type")) for sent in applications},
        {(APPLICATION, None)},
    )
    parents = [made[sent.parent] for sent in applications if sent.parent in made]
    judgement.equal(SEGMENT, "  each below one", len(parents), len(capture.cases), len(parents))
    judgement.row(
        SEGMENT,
        all(within(made[sent.id], made[sent.parent]) for sent in applications if sent.parent in made),
        "  and within its time, to the nanosecond",
    )
    if capture.has_edge:
        compare_subsegments(judgement, gateways, parents)
    else:
        names = [parent["name"] for parent in parents]
        judgement.equal(SEGMENT, "  which is the gateway's", sorted(names), sorted(case.domain for case, _ in gateways))
    return judgement


def compare_subsegments(judgement: Judgement, gateways: list, parents: list[dict]) -> None:
    """As AWS's own segment of a stage has one for the integration."""
    judgement.equal(
        SUBSEGMENT,
        "above each of the application's segments is a remote subsegment",
        [(parent["name"], parent.get("type"), parent.get("namespace")) for parent in parents],
        [(APPLICATION, "subsegment", "remote")] * len(gateways),
        len(parents),
    )
    judgement.equal(
        SUBSEGMENT,
        "  of the gateway's segment, with its status and times",
        sorted(map(outcome, parents), key=str),
        sorted((outcome(segment, segment["id"]) for _, segment in gateways), key=str),
    )


def outcome(segment: dict, parent: str | None = None) -> tuple:
    said = (segment.get("status"), segment["error"], segment["fault"], segment["start"], segment["end"])
    return parent or segment.get("parent_id"), *said


def within(inner: dict, outer: dict) -> bool:
    return outer["start"] <= inner["start"] and inner["end"] <= outer["end"]
