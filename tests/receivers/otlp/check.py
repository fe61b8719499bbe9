"""Runs every check and prints a table of them. Exits with 0 only if all hold."""

import argparse
import concurrent.futures
import pathlib
import signal
import sys

import arrival
import resilience
from table import Table


def main() -> int:
    # So that what was started is ended on the way out.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    parser = argparse.ArgumentParser()
    parser.add_argument("--agent-http", type=int, required=True)
    parser.add_argument("--agent-grpc", type=int, required=True)
    parser.add_argument("--examples", type=pathlib.Path, required=True)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    arguments = parser.parse_args()

    table = Table()
    # Each sends traces of its own and looks for those alone, so that they can share the agent.
    checks = arrival.checks(arguments)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        for check in [pool.submit(check) for check in checks]:
            table.add(check.result())
    # Alone, because it measures times.
    for protocol in resilience.PROTOCOLS:
        table.add(resilience.check(protocol, arguments))
    return table.finish()


if __name__ == "__main__":
    sys.exit(main())
