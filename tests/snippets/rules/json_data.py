"""Other JSON: it parses."""

import json

from fault import Fault

from . import access_log, aws_json, elsewhere


def claims(block):
    others = access_log, aws_json, elsewhere
    return block.language == "json" and not any(other.claims(block) for other in others)


def check(blocks, _tools):
    faults = []
    for block in blocks:
        try:
            json.loads(block.text)
        except ValueError as error:
            faults.append(Fault(block, f"no JSON: {error}"))
    return faults
