"""rotel, an OpenTelemetry collector, with one exporter."""

import pathlib
from argparse import Namespace

import rotel

from process import Program, free_port


def start(arguments: Namespace, name: str, *exporter: str) -> Program:
    """Its ports are `http` and `grpc`."""
    http, grpc = free_port(), free_port()
    command = [
        str(pathlib.Path(rotel.__file__).with_name("rotel-agent")),
        "start",
        f"--pid-file={arguments.work / name}.pid",
        f"--otlp-http-endpoint=127.0.0.1:{http}",
        f"--otlp-grpc-endpoint=127.0.0.1:{grpc}",
        *exporter,
    ]
    # They sign requests to loopback, no more.
    keys = {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none"}
    program = Program(command, keys, http, arguments.work / f"{name}.log")
    program.http, program.grpc = http, grpc
    return program
