"""Deliberate faults in what is sent, which a judge has to find."""

import copy
from collections.abc import Callable

from otlp import CLIENT, Sent, text

Edit = Callable[[list[Sent]], list[Sent]]

STATUS = "http.response.status_code"


def application_and_parent(spans: list[Sent]) -> tuple[Sent, Sent]:
    """A span of the application, and the gateway's above it."""
    gateways = {sent.id: sent for sent in spans if sent.is_gateway or is_outgoing(sent)}
    application = next(
        sent for sent in spans if sent.parent in gateways and sent.service != gateways[sent.parent].service
    )
    return application, gateways[application.parent]


def is_outgoing(sent: Sent) -> bool:
    return sent.span.kind == CLIENT and "peer.service" in sent.attributes


def wrong_parent(spans: list[Sent]) -> list[Sent]:
    """Above an application's span is what is above the gateway's."""
    application, gateway = application_and_parent(spans)
    application.span.parent_span_id = gateway.span.parent_span_id
    return spans


def late_end(spans: list[Sent]) -> list[Sent]:
    """An application's span ends a nanosecond after the gateway's."""
    application, gateway = application_and_parent(spans)
    application.span.end_time_unix_nano = gateway.span.end_time_unix_nano + 1
    return spans


def shared_resource(spans: list[Sent]) -> list[Sent]:
    """The gateway's spans go out under the application's Resource."""
    application, _ = application_and_parent(spans)
    for sent in spans:
        if sent.is_gateway or is_outgoing(sent):
            sent.resource = application.resource
    return spans


def status_as_text(spans: list[Sent]) -> list[Sent]:
    for sent in spans:
        for pair in list(sent.span.attributes):
            if pair.key == STATUS and sent.is_gateway:
                sent.span.attributes.remove(pair)
                sent.span.attributes.append(text(STATUS, str(pair.value.int_value)))
    return spans


def without_mark(spans: list[Sent]) -> list[Sent]:
    """One of the gateway's spans has no `_dd.inferred_span`."""
    _, gateway = application_and_parent(spans)
    for pair in list(gateway.span.attributes):
        if pair.key == "_dd.inferred_span":
            gateway.span.attributes.remove(pair)
    return spans


def other_trace(spans: list[Sent]) -> list[Sent]:
    """The gateway's span of one failed request is in a trace of its own."""
    gateway = next(sent for sent in spans if sent.is_gateway and sent.is_error)
    gateway.span.trace_id = bytes(reversed(gateway.span.trace_id))
    return spans


def server_kind(spans: list[Sent]) -> list[Sent]:
    """The gateway's outgoing spans are of kind SERVER."""
    for sent in spans:
        if is_outgoing(sent):
            sent.span.kind = sent.span.SPAN_KIND_SERVER
    return spans


def internal_kind(spans: list[Sent]) -> list[Sent]:
    """An application's span is of kind INTERNAL, as TraceLayer makes it by itself."""
    application, _ = application_and_parent(spans)
    application.span.kind = application.span.SPAN_KIND_INTERNAL
    return spans


def internal_gateways(spans: list[Sent]) -> list[Sent]:
    """The gateway's spans are of kind INTERNAL."""
    for sent in spans:
        if sent.is_gateway:
            sent.span.kind = sent.span.SPAN_KIND_INTERNAL
    return spans


def ok_status(spans: list[Sent]) -> list[Sent]:
    """The gateway's span of one failed request has no error."""
    gateway = next(sent for sent in spans if sent.is_gateway and sent.is_error)
    gateway.span.ClearField("status")
    return spans


def with_fault(spans: list[Sent], edit: Edit) -> list[Sent]:
    return edit(copy.deepcopy(spans))
