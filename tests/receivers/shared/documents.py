"""The files of docs/backends, and what a check replaces in them to run them here."""

import pathlib

import yaml

FOLDER = pathlib.Path(__file__).resolve().parents[3] / "docs" / "backends"


def read(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def load(name: str) -> dict:
    return yaml.safe_load(read(name))


def replace(document: dict, path: str, value: object) -> None:
    """What is at the path, the names of which have spaces between them. It has to be there, or the file has changed."""
    *above, last = path.split()
    place = at(document, above)
    if last not in place:
        raise AssertionError(f"nothing is at {path!r}")
    place[last] = value


def replace_component(document: dict, path: str, old: str, new: str) -> None:
    """One of those that a pipeline lists at the path."""
    listed = at(document, path.split())
    listed[listed.index(old)] = new


def at(document: dict, path: list[str]) -> dict | list:
    for name in path:
        document = document[name]
    return document


def listen(document: dict, http: int) -> None:
    """OTLP's receiver listens on loopback alone, for HTTP on this port."""
    replace(document, "receivers otlp protocols grpc endpoint", "127.0.0.1:0")
    replace(document, "receivers otlp protocols http endpoint", f"127.0.0.1:{http}")
    # Its own metrics have a port too.
    document["service"]["telemetry"] = {"metrics": {"level": "none"}}


def write(document: dict, path: pathlib.Path) -> pathlib.Path:
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return path
