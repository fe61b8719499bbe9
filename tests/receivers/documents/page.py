"""docs/backends.md: what it shows of the files of docs/backends, and says of them."""

import pathlib
import re
from collections.abc import Iterator

import documents
import tomllib
import yaml

PAGE = documents.FOLDER.with_suffix(".md")
CARGO = pathlib.Path(__file__).resolve().parents[1] / "datadog" / "Cargo.toml"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
# A row of the page's table of files: a link, and how what it says of the tests begins.
ROW = re.compile(r"^\|[^|]*\| \[`[^`]+`\]\(backends/([^)]+)\) \| \*\*([^*]+)\*\*", re.MULTILINE)
VARIABLE = re.compile(r"`(DD_(?:APM|OTLP)_[A-Z0-9_]+)`")
FILE = re.compile(r"[\w-]+\.(?:json|yaml|rs)\b")
LANGUAGES = {"yaml": (".yaml",), "json": (".json",), "rust": (".rs",)}


def outcomes(text: str) -> dict[str, str]:
    """What the page says of each file: how far the tests run it."""
    return dict(ROW.findall(text))


def foreign_blocks(text: str) -> Iterator[str]:
    """What the page shows and no file has."""
    for language, block in BLOCK.findall(text):
        if language == "toml":
            yield from foreign_dependencies(block)
        elif language == "console":
            yield from (name for name in FILE.findall(block) if not (documents.FOLDER / name).exists())
        elif not any(is_excerpt(language, block, path) for path in sorted(documents.FOLDER.iterdir())):
            yield f"in no file: {block.splitlines()[0]} ..."


def variables(text: str) -> set[str]:
    """Those of Datadog's Agent."""
    return set(VARIABLE.findall(text))


def is_excerpt(language: str, block: str, path: pathlib.Path) -> bool:
    if path.suffix not in LANGUAGES.get(language, ()):
        return False
    text = path.read_text(encoding="utf-8")
    if language == "rust":
        rest = iter([line.strip() for line in text.splitlines()])
        return all(line.strip() in rest for line in block.splitlines())
    return is_within(yaml.safe_load(block), yaml.safe_load(text))


def is_within(part: object, whole: object) -> bool:
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(key in whole and is_within(value, whole[key]) for key, value in part.items())
    if isinstance(part, list) and isinstance(whole, list):
        return all(any(is_within(value, other) for other in whole) for value in part)
    return part == whole


def foreign_dependencies(block: str) -> Iterator[str]:
    """Those that the program of docs/backends isn't built with here: the version, and features."""
    built = tomllib.loads(CARGO.read_text(encoding="utf-8"))["dependencies"]
    for name, shown in tomllib.loads(block).get("dependencies", {}).items():
        own = built.get(name, {})
        shown, own = (entry if isinstance(entry, dict) else {"version": entry} for entry in (shown, own))
        if "path" in own:
            continue
        version = own.get("version", "").lstrip("=")
        if not f"{version}.".startswith(f"{shown['version']}.") or set(shown.get("features", [])) - set(
            own.get("features", [])
        ):
            yield f"{name}: expected as in {CARGO.parent.name}/{CARGO.name}, found {shown}"


def headers_that_say_nothing(never: dict[str, str]) -> Iterator[str]:
    """Files that don't say at their beginning what was never run."""
    for name, what in never.items():
        header = documents.read(name).split("\n\n", 1)[0].replace("\n# ", " ")
        if f"{what} was never run by the tests" not in header:
            yield name
