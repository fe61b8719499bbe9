"""What the Agent has to make of a request, from what is known of the request alone."""

from dataclasses import dataclass

import golden_requests
import traffic
from capture import APPLICATION

# As the Agent writes them, which allows no hyphens in a name: not from another tracer either.
NAMES = {
    "aws-apigateway": "aws.apigateway",
    "aws-httpapi": "aws.httpapi",
    "azure-apim": "azure.apim",
    "azure-gw": "azure.app_gateway",
    "azure-fd": "azure.frontdoor",
}
# Where they come without a time, they get a span all the same.
TIMELESS = {"azure-gw", "azure-fd"}
# Statuses of the golden application's routes; 200 of the others.
STATUSES = {"/err": 500, "/throw": 500, "/notfound": 404}
MESSAGES = {
    "cancelled": "cut off before the response was complete",
    "timeout": "the gateway's integration timeout was over",
}


@dataclass
class Asked:
    """A request, and how it ended."""

    headers: dict[str, str]
    # Of the gateway's span, and of the application's.
    status: int | None
    own_status: int | None
    error_type: str | None
    user_agent: str | None = None

    @property
    def has_gateway(self) -> bool:
        proxy = self.headers.get("x-dd-proxy")
        return proxy in NAMES and ("x-dd-proxy-request-time-ms" in self.headers or proxy in TIMELESS)

    @property
    def parent(self) -> int:
        """The span id of the client, 0 without one."""
        if "x-datadog-parent-id" in self.headers:
            return int(self.headers["x-datadog-parent-id"])
        return int(self.headers.get("traceparent", "0-0-0-0").split("-")[2], 16)

    @property
    def is_sampled(self) -> bool:
        priority = int(self.headers.get("x-datadog-sampling-priority", "1"))
        return priority > 0 and not self.headers.get("traceparent", "").endswith("-00")

    @property
    def trace_state(self) -> str | None:
        """What came in it; where Datadog's headers came, what they say is put there."""
        headers = self.headers
        if "x-datadog-trace-id" not in headers:
            return headers.get("tracestate")
        parts = [("s", headers.get("x-datadog-sampling-priority")), ("o", headers.get("x-datadog-origin"))]
        return "dd=" + ";".join(f"{key}:{value}" for key, value in parts if value)

    def gateway(self) -> dict:
        """The gateway's span, whole but for its ids and times."""
        headers, method = self.headers, self.headers["x-dd-proxy-httpmethod"]
        proxy, domain, path = (headers[f"x-dd-proxy{name}"] for name in ("", "-domain-name", "-path"))
        route, region = headers.get("x-dd-proxy-resource-path"), headers.get("x-dd-proxy-region")
        api_id = headers.get("x-dd-proxy-api-id")
        kind = {"aws-apigateway": "restapis", "aws-httpapi": "apis"}.get(proxy)
        message = MESSAGES.get(self.error_type or "")
        meta = {
            "account_id": headers.get("x-dd-proxy-account-id"),
            "apiid": api_id,
            "cloud.provider": "aws" if proxy.startswith("aws") else "azure",
            "component": proxy,
            "dd_resource_key": f"arn:aws:apigateway:{region}::/{kind}/{api_id}" if api_id and region and kind else None,
            "deployment.environment.name": "test",
            "env": "test",
            "error.msg": message,
            "error.type": self.error_type,
            "http.method": method,
            "http.route": route,
            "http.server_name": domain,
            "http.url": f"https://{domain}{path}",
            "http.useragent": self.user_agent,
            "inferred_span.status_inferred": "true" if self.error_type == "timeout" else None,
            "otel.status_code": "Error" if self.error_type else "Unset",
            "otel.status_description": message,
            "region": region,
            "span.kind": "server",
            "stage": headers.get("x-dd-proxy-stage"),
            "url.path": path,
            "url.scheme": "https",
            "w3c.tracestate": self.trace_state,
        }
        metrics = {
            "_dd.inferred_span": 1,
            "http.status_code": self.status,
            # The time is in whole seconds.
            "inferred_span.start_resolution_ms": 1000 if self.is_whole_second else None,
        }
        return {
            "service": domain,
            "name": NAMES[proxy],
            "resource": f"{method} {route or path}",
            "type": "web",
            "error": int(self.error_type is not None),
            "parent": self.parent,
            # Whatever the client's is: the Agent doesn't read tracestate, which is where it comes in.
            "priority": 1,
            "meta": without_none(meta),
            "metrics": without_none(metrics),
        }

    def application(self) -> dict:
        """Of the application's span, what has to do with the gateway."""
        return {
            "service": APPLICATION,
            "name": "http.server.request",
            "resource": "GET",
            "type": "web",
            "error": int(self.own_status == 500),
            "parent": "the gateway's" if self.has_gateway else self.parent,
            "priority": 1,
            # It comes from the layer, which has no part in requests that aren't from a gateway.
            "status": self.own_status if self.has_gateway else None,
        }

    @property
    def is_whole_second(self) -> bool:
        time = self.headers.get("x-dd-proxy-request-time-ms", "")
        return self.headers.get("x-dd-proxy") == traffic.HTTP and time.endswith("000")


def without_none(said: dict) -> dict:
    return {key: value for key, value in said.items() if value is not None}


def of_case(case: traffic.Case) -> Asked:
    # By when it was received, no more is told than whether that is a whole second.
    headers = traffic.headers(case, 1.5)
    own_status = None if case.patience else case.status
    return Asked(headers, case.status, own_status, case.error_type)


def of_golden(request: golden_requests.Request) -> Asked:
    status = STATUSES.get(request.path, 200)
    error_type = str(status) if status >= 500 else None
    return Asked(dict(request.headers), status, status, error_type, request.user_agent)
