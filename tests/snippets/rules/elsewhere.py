"""Blocks that another check proves."""

from blocks import ROOT
from fault import Fault

# The page, what its blocks contain, and the check.
CHECKS = [
    ("docs/backends.md", "", "tests/receivers"),
    ("cli/README.md", "$ apigw-headers ", "cli/tests/snippets.rs"),
]


def check_of(block):
    for page, part, path in CHECKS:
        if block.page == page and part in block.text:
            return path
    return None


def claims(block):
    return check_of(block) is not None


def check(blocks, _tools):
    return [Fault(block, f"{check_of(block)} isn't there") for block in blocks if not (ROOT / check_of(block)).exists()]
