"""OTLP's messages: spans with all that belongs to them, and where they are sent."""

import copy
import http.client
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

SERVER, CLIENT = Span.SPAN_KIND_SERVER, Span.SPAN_KIND_CLIENT
KINDS = {SERVER: "server", CLIENT: "client"}


@dataclass
class Sent:
    """A span, and the Resource that it is sent under."""

    resource: Resource
    span: Span

    @property
    def service(self) -> str:
        return attributes(self.resource).get("service.name", "")

    @property
    def kind(self) -> str:
        return KINDS.get(self.span.kind, str(self.span.kind))

    @property
    def trace_id(self) -> str:
        return self.span.trace_id.hex()

    @property
    def id(self) -> str:
        return self.span.span_id.hex()

    @property
    def parent(self) -> str:
        return self.span.parent_span_id.hex()

    @property
    def is_error(self) -> bool:
        return self.span.status.code == Status.STATUS_CODE_ERROR

    @property
    def attributes(self) -> dict[str, object]:
        return attributes(self.span)

    @property
    def is_gateway(self) -> bool:
        return "_dd.inferred_span" in self.attributes


def attributes(message: Resource | Span) -> dict[str, object]:
    return {pair.key: value(pair.value) for pair in message.attributes}


def value(any_value: AnyValue) -> object:
    return getattr(any_value, any_value.WhichOneof("value"))


def spans_of(requests: Iterable[ExportTraceServiceRequest]) -> list[Sent]:
    """Copies, so that a fault is in them alone."""
    return [Sent(copy.deepcopy(resource), copy.deepcopy(span)) for resource, span in parts(requests)]


def whole(sent: Sent) -> tuple[str, str]:
    span = copy.deepcopy(sent.span)
    if span.status == Status():
        # Present but empty is the same as absent.
        span.ClearField("status")
    return str(sent.resource), str(span)


def parts(requests: Iterable[ExportTraceServiceRequest]) -> Iterator[tuple[Resource, Span]]:
    for request in requests:
        for group in request.resource_spans:
            for scope in group.scope_spans:
                for span in scope.spans:
                    yield group.resource, span


def requests_of(spans: list[Sent]) -> list[ExportTraceServiceRequest]:
    """One for each Resource, as the application sends them."""
    requests: dict[bytes, ExportTraceServiceRequest] = {}
    for sent in spans:
        key = sent.resource.SerializeToString(deterministic=True)
        request = requests.setdefault(key, ExportTraceServiceRequest())
        if not request.resource_spans:
            group = request.resource_spans.add()
            group.resource.CopyFrom(sent.resource)
            group.scope_spans.add()
        request.resource_spans[0].scope_spans[0].spans.append(sent.span)
    return list(requests.values())


def post(port: int, spans: list[Sent]) -> None:
    for request in requests_of(spans):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request(
            "POST",
            "/v1/traces",
            body=request.SerializeToString(),
            headers={"content-type": "application/x-protobuf"},
        )
        answer = connection.getresponse()
        answer.read()
        connection.close()
        if answer.status != 200:
            raise AssertionError(f"the receiver answers with {answer.status}")


def text(key: str, said: str) -> KeyValue:
    return KeyValue(key=key, value=AnyValue(string_value=said))
