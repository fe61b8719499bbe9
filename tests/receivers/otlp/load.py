"""Sends requests as a gateway would, and prints how they were answered, as JSON. Run as a program of its own, so that
its times are not those of the checks."""

import http.client
import json
import sys
import threading
import time
from collections import Counter

CONNECTIONS = 4


def main(port: int, trace_prefix: str, count: int, per_second: float) -> None:
    statuses: Counter[int] = Counter()
    times: list[float] = []

    def send_every_fourth(first: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        for number in range(first, count, CONNECTIONS):
            if per_second:
                time.sleep(max(0.0, start + number / per_second - time.monotonic()))
            begin = time.perf_counter()
            connection.request("GET", f"/orders/{number}", headers=headers(trace_prefix, number))
            answer = connection.getresponse()
            answer.read()
            times.append(time.perf_counter() - begin)
            statuses[answer.status] += 1
        connection.close()

    start = time.monotonic()
    threads = [threading.Thread(target=send_every_fourth, args=[first]) for first in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    times.sort()
    print(json.dumps({"statuses": statuses, "median": times[len(times) // 2], "slowest": times[-1]}))


def headers(trace_prefix: str, number: int) -> dict[str, str]:
    return {
        "x-dd-proxy": "aws-apigateway",
        "x-dd-proxy-request-time-ms": str(int(time.time() * 1000) - 10),
        "x-dd-proxy-domain-name": "api.example.com",
        "x-dd-proxy-httpmethod": "GET",
        "x-dd-proxy-path": f"/prod/orders/{number}",
        "x-dd-proxy-resource-path": "/orders/{id}",
        "x-dd-proxy-stage": "prod",
        "traceparent": f"00-{trace_prefix}{number:016x}-00f067aa0ba902b7-01",
    }


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))
