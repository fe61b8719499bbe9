"""JSON for the AWS CLI: its pairs are those of the table. The command that reads it is checked with it."""

import json

from fault import Fault
from table import pairs

REST = "/requestParameters/integration.request.header."
HTTP = "overwrite:header."


def claims(block):
    return block.language == "json" and has_mappings(block.text)


def has_mappings(text):
    return REST in text or HTTP in text


def check(blocks, tools):
    return [Fault(block, what) for block in blocks for what in differences(block.text, tools)]


def differences(text, tools):
    """Where the pairs of JSON aren't those of the table."""
    try:
        api, found = mappings(json.loads(text))
    except (ValueError, LookupError, TypeError) as error:
        return [f"neither operations nor parameters: {error!r}"]
    wanted = {name: value for name, value in pairs(tools, api).items() if not name.endswith("-user")}
    return [f"{name}: found {found.get(name)!r}, expected {wanted.get(name)!r}"
            for name in sorted(found.keys() | wanted.keys()) if found.get(name) != wanted.get(name)]


def mappings(data):
    """The kind of API, and each header with its value."""
    if isinstance(data, dict):
        return "http", {key.removeprefix(HTTP): value for key, value in data.items()}
    if any(operation["op"] != "add" for operation in data):
        raise ValueError("an operation isn't `add`")
    return "rest", {operation["path"].removeprefix(REST): operation["value"] for operation in data}
