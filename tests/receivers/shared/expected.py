"""What every backend has to show of a request, from what is known of the request alone."""

from collections import Counter

import traffic
from capture import APPLICATION, UPSTREAM

# Service, kind and name of a span.
Place = tuple[str, str, str]


def chain(case: traffic.Case, has_edge: bool) -> list[Place]:
    """The trace's spans, each the child of the one before."""
    client = [(UPSTREAM, "client", "GET")] if case.traced else []
    gateway = [(case.domain, "server", case.span_name)]
    outgoing = [(case.domain, "client", case.span_name)] if has_edge else []
    return client + gateway + outgoing + [(APPLICATION, "server", "GET")]


def dependencies(cases: list[traffic.Case], has_edge: bool) -> dict[tuple[str, str], int]:
    """Who calls whom and how often, where any parent and child are an edge."""
    found: Counter[tuple[str, str]] = Counter()
    for case in cases:
        services = [service for service, _, _ in chain(case, has_edge)]
        found.update(zip(services, services[1:]))
    return dict(found)


def services(cases: list[traffic.Case]) -> set[str]:
    return {service for case in cases for service, _, _ in chain(case, False)}
