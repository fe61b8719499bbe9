"""The segments that the Collector's X-Ray exporter makes of spans, by its own rule: `exporter/awsxrayexporter` of
opentelemetry-collector-contrib, as far as a gateway's spans go."""

from collections.abc import Iterable

from otlp import CLIENT, SERVER, Sent

STATUS = "http.response.status_code"


def segments(spans: Iterable[Sent]) -> dict[str, dict]:
    """By id."""
    return {sent.id: segment(sent) for sent in spans}


def segment(sent: Sent) -> dict:
    found = {"name": name(sent), "id": sent.id, "trace_id": f"1-{sent.trace_id[:8]}-{sent.trace_id[8:]}"}
    if sent.parent:
        found["parent_id"] = sent.parent
        if sent.span.kind != SERVER:
            found["type"] = "subsegment"
    if sent.span.kind == CLIENT:
        found["namespace"] = "remote"
    status = sent.attributes.get(STATUS)
    # One that isn't an integer is none.
    status = status if isinstance(status, int) else None
    if status is not None:
        found["status"] = status
    found["fault"] = status >= 500 if status is not None else sent.is_error
    found["error"] = status is not None and 400 <= status < 500
    found["start"], found["end"] = sent.span.start_time_unix_nano, sent.span.end_time_unix_nano
    return found


def name(sent: Sent) -> str:
    """What comes first is not there: `aws.local.service` and `aws.remote.service`."""
    peer = sent.attributes.get("peer.service")
    if isinstance(peer, str) and peer:
        return peer
    return sent.service if sent.span.kind == SERVER and sent.service else sent.span.name
