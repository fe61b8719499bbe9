"""Runs the quickstart, which says itself which spans it made."""

import json
import os
import subprocess
from argparse import Namespace

# Some of it is true of the application's process alone.
OF_BOTH = {
    "deployment.environment.name": "test",
    "deployment.environment": "test",
    "service.namespace": "shop",
}
OF_THE_PROCESS = {
    "service.version": "1.2",
    "service.instance.id": "orders-1",
    "host.name": "host-1",
    "os.type": "linux",
    "process.pid": "7",
    "container.id": "c0ffee",
    "k8s.pod.name": "orders-abc",
    "cloud.platform": "aws_ecs",
    "aws.ecs.task.family": "orders",
}
OF_THE_GATEWAY = {
    "service.name": "api.example.com",
    "cloud.provider": "aws",
}


def run(arguments: Namespace, protocol: str, port: int) -> list[dict]:
    """Sends its spans to that port. Returns them as the quickstart saw them."""
    attributes = OF_BOTH | OF_THE_PROCESS
    environment = {
        "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{port}",
        "OTEL_RESOURCE_ATTRIBUTES": ",".join(f"{key}={value}" for key, value in attributes.items()),
    }
    result = subprocess.run(
        [arguments.examples / "quickstart", "--json"],
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        timeout=60,
        check=True,
    )
    return [json.loads(line) for line in result.stdout.splitlines()]


def gateways(spans: list[dict]) -> list[dict]:
    return [span for span in spans if "_dd.inferred_span" in span["attributes"]]
