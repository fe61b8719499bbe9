"""Requests that nobody chose: well-formed ones, as gateways send them, from a seed."""

import random

from golden_requests import Request

PROXIES = "aws-apigateway", "aws-httpapi", "azure-apim", "azure-gw", "azure-fd"
# More often what all tracers know.
WEIGHTS = 12, 4, 2, 1, 1
DOMAINS = (
    "api.example.com",
    "a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com",
    "orders.internal.example.org",
    "xn--bcher-kva.example",
    "shop.azure-api.net",
)
METHODS = "GET", "GET", "GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"
# The path as the gateway says it, and its resource path.
PATHS = (
    ("/ok", "/ok"),
    ("/", "/"),
    ("/users/42", "/users/{id}"),
    ("/orders/2f1c6a52-7c1e-4a7b-9a40-6f1b0c7d1f10", "/orders/{order}"),
    ("/prod/files/a/b/c.txt", "/files/{proxy+}"),
    ("/search", "/{proxy+}"),
    ("/v2/users/carla", "/v2/users/{name}"),
    ("/a-b_c.d~e", "/a-b_c.d~e"),
    ("/caf%C3%A9/menu", "/{place}/menu"),
)
STAGES = "prod", "dev", "$default", "v1"
REGIONS = "eu-west-1", "us-east-1", "ap-southeast-2"
STATUSES = 200, 200, 200, 201, 204, 301, 400, 401, 404, 409, 429, 500, 502, 503


def requests(seed: int, count: int) -> list[Request]:
    chance = random.Random(seed)
    return [request(chance, f"{seed}-{number}", number) for number in range(count)]


def request(chance: random.Random, name: str, number: int) -> Request:
    method = chance.choice(METHODS)
    proxy = chance.choices(PROXIES, WEIGHTS)[0]
    path, resource = chance.choice(PATHS)
    headers = [
        ("x-dd-proxy", proxy),
        ("x-dd-proxy-request-time-ms", "{{now_ms-150}}"),
        ("x-dd-proxy-domain-name", chance.choice(DOMAINS)),
        ("x-dd-proxy-httpmethod", method if chance.random() < 0.95 else "ANY"),
        ("x-dd-proxy-path", path),
        ("x-dd-proxy-stage", chance.choice(STAGES)),
    ]
    if chance.random() < 0.5:
        headers.append(("x-dd-proxy-resource-path", resource))
    for header, values in (
        ("x-dd-proxy-account-id", ["123456789012"]),
        ("x-dd-proxy-api-id", ["a1b2c3d4e5", "Zz09"]),
        ("x-dd-proxy-region", REGIONS),
    ):
        if chance.random() < 0.5:
            headers.append((header, chance.choice(values)))
    headers += propagation(chance, number)
    chance.shuffle(headers)
    return Request(name, method, f"/status/{chance.choice(STATUSES)}", headers)


def propagation(chance: random.Random, number: int) -> list[tuple[str, str]]:
    """A client's trace of its own, or none. Sampled: what isn't, OpenTelemetry doesn't export."""
    trace, span = chance.getrandbits(64) >> 1 or 1, chance.getrandbits(63) or 1
    kind = chance.choice(("none", "none", "w3c", "w3c", "w3c and state", "datadog", "both"))
    upper = chance.getrandbits(64) if kind in ("w3c", "w3c and state") else 0
    w3c = ("traceparent", f"00-{upper:016x}{trace:016x}-{span:016x}-01")
    datadog = [
        ("x-datadog-trace-id", str(trace)),
        ("x-datadog-parent-id", str(span)),
        ("x-datadog-sampling-priority", chance.choice("12")),
    ]
    return {
        "none": [],
        "w3c": [w3c],
        "w3c and state": [w3c, ("tracestate", "vendor=abc")],
        "datadog": datadog,
        "both": [w3c, *datadog],
    }[kind]
