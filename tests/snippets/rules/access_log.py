"""Formats of an access log: JSON, once the gateway has put values in place of its variables."""

import json
import re

from fault import Fault

VARIABLE = re.compile(r"\$context\.([a-zA-Z.]+)")


def claims(block):
    return block.language == "json" and "$context." in block.text and '"requestTime"' in block.text


def check(blocks, _tools):
    faults = []
    for block in blocks:
        if len(block.text.splitlines()) != 1:
            faults.append(Fault(block, "a format has to be one line"))
        try:
            keys(block)
        except ValueError as error:
            faults.append(Fault(block, f"no JSON with values in place of variables: {error}"))
    return faults


def keys(block):
    return set(json.loads(VARIABLE.sub("1", block.text)))
