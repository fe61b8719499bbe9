"""Datadog's Agent as it is built here: OTLP goes in by gRPC, what it sends to Datadog comes out as lines of JSON."""

import json
import pathlib
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import grpc
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import TraceServiceStub
from otlp import Sent, requests_of
from process import answers, free_port, wait_until

# Seconds: its last statistics leave on the way down.
END = 30


class Agent:
    def __init__(self, port: int, lines: pathlib.Path):
        self.port, self.lines = port, lines

    def post(self, spans: list[Sent]) -> None:
        with grpc.insecure_channel(f"127.0.0.1:{self.port}") as channel:
            stub = TraceServiceStub(channel)
            for request in requests_of(spans):
                stub.Export(request, timeout=30)

    def payloads(self, kind: str) -> list[dict]:
        # Up to the last whole line: the Agent may be at the next one.
        lines = self.lines.read_text(encoding="utf-8").split("\n")[:-1]
        return [said[kind] for said in map(json.loads, lines) if kind in said]

    def spans(self) -> list[dict]:
        """Each with its chunk's sampling priority."""
        return [
            span | {"priority": chunk["priority"], "origin": chunk["origin"]}
            for payload in self.payloads("traces")
            for tracer in payload["tracerPayloads"]
            for chunk in tracer["chunks"]
            for span in chunk["spans"]
        ]

    def statistics(self) -> list[dict]:
        """Complete once the Agent has ended."""
        return [
            group
            for payload in self.payloads("stats")
            for client in payload["stats"]
            for bucket in client["stats"]
            for group in bucket["stats"]
        ]


@contextmanager
def agent(program: pathlib.Path, work: pathlib.Path, name: str, top_level_by_kind: bool = True) -> Iterator[Agent]:
    """Ends it at the end of the block; then all it has to say is there."""
    port, name = free_port(), name.replace(" ", "-").replace("'", "")
    lines, log = work / f"agent-{name}.json", work / f"agent-{name}.log"
    command = [str(program), f"--port={port}", f"--top-level-by-kind={str(top_level_by_kind).lower()}"]
    with lines.open("wb") as out, log.open("wb") as err:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
    try:
        if not wait_until(lambda: process.poll() is not None or answers(port), 30) or process.poll() is not None:
            raise RuntimeError(f"the Agent doesn't answer: {log.read_text()[-2000:]}")
        yield Agent(port, lines)
        process.send_signal(signal.SIGINT)
        code = process.wait(END)
        if code != 0:
            raise RuntimeError(f"the Agent ends with {code}: {log.read_text()[-2000:]}")
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
