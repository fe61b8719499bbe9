"""Requests as a gateway sends them, and what has to become of each."""

import http.client
import secrets
import time
from dataclasses import dataclass, field

REST, HTTP, AZURE = "aws-apigateway", "aws-httpapi", "azure-apim"
SPAN_NAMES = {REST: "aws.apigateway", HTTP: "aws.httpapi", AZURE: "azure.apim"}
# How long a REST API waits, in seconds.
TIMEOUT = 29.0


@dataclass
class Case:
    name: str
    # What the application's handler looks at.
    order: str = "42"
    proxy: str = REST
    domain: str = "api.example.com"
    # Of the gateway's span. `None`: the client was gone before there was one.
    status: int | None = 200
    error_type: str | None = None
    # How long ago the gateway took the request, in seconds.
    age: float = 0.01
    # The client hangs up after so many seconds.
    patience: float | None = None
    traced: bool = False
    trace_id: str = field(default_factory=lambda: secrets.token_hex(16))
    client_span_id: str = field(default_factory=lambda: secrets.token_hex(8))
    # Of the traced client's span, in nanoseconds.
    client_start: int = 0
    client_end: int = 0

    @property
    def span_name(self) -> str:
        return SPAN_NAMES[self.proxy]

    @property
    def path(self) -> str:
        """What the gateway was asked for: by it, a trace is known."""
        return f"/prod/{self.name.replace(' ', '-')}"

    @property
    def is_error(self) -> bool:
        return self.error_type is not None


def every_kind() -> list[Case]:
    return [
        Case("REST API"),
        Case("traced client", traced=True),
        Case("HTTP API", proxy=HTTP, domain="events.example.com"),
        Case("traced client of an HTTP API", proxy=HTTP, domain="events.example.com", traced=True),
        Case("Azure", proxy=AZURE, domain="azure.example.net"),
        Case("404", order="missing", status=404),
        Case("500", order="broken", status=500, error_type="500"),
        Case("traced client gets 500", order="broken", status=500, error_type="500", traced=True),
        Case("streamed", order="long"),
        Case("cancelled", order="stuck", status=None, error_type="cancelled", patience=1.0),
        # Received before the gateway gives up, and cut off after that: a second is time enough on a machine that is busy.
        Case("timeout", order="stuck", status=504, error_type="timeout", age=TIMEOUT - 1.0, patience=1.5),
    ]


def send(port: int, case: Case) -> None:
    received = time.time() - case.age
    case.client_start = int(received * 1000) * 1_000_000 - 1_000_000
    if case.proxy == HTTP:
        # It knows the second alone.
        case.client_start -= 1_000_000_000
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=case.patience or 30)
    try:
        connection.request("GET", f"/orders/{case.order}", headers=headers(case, received))
        answer = connection.getresponse()
        answer.read()
        if answer.status != case.status:
            raise AssertionError(f"{case.name}: answered with {answer.status}")
    except TimeoutError:
        if case.patience is None:
            raise
    finally:
        connection.close()
    case.client_end = time.time_ns()


def headers(case: Case, received: float) -> dict[str, str]:
    milliseconds = f"{int(received)}000" if case.proxy == HTTP else str(int(received * 1000))
    found = {
        "x-dd-proxy": case.proxy,
        "x-dd-proxy-request-time-ms": milliseconds,
        "x-dd-proxy-domain-name": case.domain,
        "x-dd-proxy-httpmethod": "GET",
        "x-dd-proxy-path": case.path,
        "x-dd-proxy-resource-path": "/{proxy+}",
        "x-dd-proxy-stage": "prod",
        "x-dd-proxy-region": "eu-west-1",
        "x-dd-proxy-account-id": "123456789012",
    }
    if case.traced:
        found["traceparent"] = f"00-{case.trace_id}-{case.client_span_id}-01"
    return found
