"""Other JSON: it parses."""

import json

from fault import Fault

from . import access_log, aws_json


def claims(block):
    return block.language == "json" and not access_log.claims(block) and not aws_json.claims(block)


def check(blocks, _tools):
    faults = []
    for block in blocks:
        try:
            json.loads(block.text)
        except ValueError as error:
            faults.append(Fault(block, f"no JSON: {error}"))
    return faults
