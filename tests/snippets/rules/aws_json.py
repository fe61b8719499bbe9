"""JSON for the AWS CLI: its pairs are those of the table. The command that reads it is checked with it."""

import json

from fault import Fault
from table import pairs

REST = "/requestParameters/integration.request.header."
HTTP = "overwrite:header."


def claims(block):
    return block.language == "json" and (REST in block.text or HTTP in block.text)


def check(blocks, tools):
    faults = []
    for block in blocks:
        try:
            api, found = mappings(json.loads(block.text))
        except (ValueError, KeyError, TypeError) as error:
            faults.append(Fault(block, f"neither operations nor parameters: {error!r}"))
            continue
        wanted = {name: value for name, value in pairs(tools, api).items() if not name.endswith("-user")}
        faults += [Fault(block, f"{name}: found {found.get(name)!r}, expected {wanted.get(name)!r}")
                   for name in sorted(found.keys() | wanted.keys()) if found.get(name) != wanted.get(name)]
    return faults


def mappings(data):
    """The kind of API, and each header with its value."""
    if isinstance(data, dict):
        return "http", {key.removeprefix(HTTP): value for key, value in data.items()}
    assert all(operation["op"] == "add" for operation in data), "an operation isn't `add`"
    return "rest", {operation["path"].removeprefix(REST): operation["value"] for operation in data}
