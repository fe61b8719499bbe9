"""The settings that the Collector's components know, by the `config.schema.yaml` in their Go modules."""

import functools
import pathlib
import re
from collections.abc import Iterator
from dataclasses import dataclass

import yaml

CORE = "go.opentelemetry.io/collector"
CONTRIB = "github.com/open-telemetry/opentelemetry-collector-contrib"
DURATION = re.compile(r"(\d+(\.\d+)?(ns|us|ms|s|m|h))+")
TYPES = {"string": str, "boolean": bool, "integer": int, "number": (int, float), "array": list, "object": dict}


@dataclass
class Schema:
    content: dict
    # The package whose file it stands in, for what it refers to.
    package: str


class Schemas:
    """`modules` says in which folder each module is."""

    def __init__(self, modules: dict[str, pathlib.Path]):
        self.modules = modules

    def faults(self, package: str, settings: object, where: str) -> list[str]:
        """What the component of this package doesn't know among its settings."""
        return list(self.compare(settings, self.of(f"{package}.config", package), where))

    def compare(self, found: object, schema: Schema, where: str) -> Iterator[str]:
        parts = list(self.flat(schema))
        properties, items, is_open = {}, None, False
        for part in parts:
            for key, value in part.content.get("properties", {}).items():
                properties[key] = Schema(value, part.package)
            is_open = is_open or "additionalProperties" in part.content
            if "items" in part.content:
                items = Schema(part.content["items"], part.package)
            yield from wrong_type(found, part.content, where)
        if isinstance(found, dict) and properties:
            for key, value in found.items():
                if key in properties:
                    yield from self.compare(value, properties[key], f"{where} {key}")
                elif not is_open:
                    yield f"{where}: no setting {key!r}"
        if isinstance(found, list) and items:
            for value in found:
                yield from self.compare(value, items, where)

    def flat(self, schema: Schema) -> Iterator[Schema]:
        """The schema, with all that it is made of."""
        yield schema
        for part in [schema.content, *schema.content.get("allOf", [])]:
            if "$ref" in part:
                referred = self.of(part["$ref"], schema.package)
                # A module that can't be had knows no settings: so none of them passes unseen.
                if referred:
                    yield from self.flat(referred)

    def of(self, reference: str, package: str) -> Schema | None:
        """`name` is in the same file, `./package.name` below it, `/package.name` in the same repository."""
        path, _, last = reference.rpartition("/")
        folder, dot, name = last.partition(".")
        if not dot:
            name = reference
        elif path == "." or path.startswith("./"):
            package = f"{package}{path[1:]}/{folder}"
        elif path == "" or path.startswith("/"):
            package = f"{CONTRIB if package.startswith(CONTRIB) else CORE}{path}/{folder}"
        else:
            package = f"{path}/{folder}"
        file = self.read(package)
        if file is None:
            return None
        return Schema(file.get("$defs", {}).get(name) or file, package)

    @functools.cache
    def read(self, package: str) -> dict | None:
        module = package
        while module not in self.modules:
            module, slash, _ = module.rpartition("/")
            if not slash:
                return None
        path = self.modules[module] / package[len(module) :].lstrip("/") / "config.schema.yaml"
        return yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else None


def wrong_type(found: object, content: dict, where: str) -> Iterator[str]:
    """A setting without a value is one that isn't set."""
    expected = content.get("type")
    if found is None or expected is None:
        return
    # To Python, `true` is an integer.
    if not isinstance(found, TYPES[expected]) or (isinstance(found, bool) and expected != "boolean"):
        yield f"{where}: expected {expected}, found {found!r}"
    elif content.get("format") == "duration" and not DURATION.fullmatch(found):
        yield f"{where}: expected a duration, found {found!r}"
