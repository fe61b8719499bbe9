"""What a check is told on its command line."""

import argparse
import pathlib
import signal
import sys


def read_paths(*paths: str) -> argparse.Namespace:
    """`--NAME PATH` for each of these, and for the folder `work`."""
    # So that what was started is ended on the way out.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    parser = argparse.ArgumentParser()
    for path in (*paths, "work"):
        parser.add_argument(f"--{path}", type=pathlib.Path, required=True)
    return parser.parse_args()
