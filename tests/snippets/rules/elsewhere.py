"""Blocks that another check proves."""

from blocks import ROOT
from fault import Fault

# The page, what its blocks contain, the languages that stay with the rules of this folder, and the check.
CHECKS = [
    ("docs/backends.md", "", {"rust", "toml"}, "tests/receivers"),
    ("cli/README.md", "$ apigw-headers ", set(), "cli/tests/snippets.rs"),
]


def check_of(block):
    for page, part, others, path in CHECKS:
        if block.page == page and part in block.text and block.language not in others:
            return path
    return None


def claims(block):
    return check_of(block) is not None


def check(blocks, _tools):
    return [Fault(block, f"{check_of(block)} isn't there") for block in blocks if not (ROOT / check_of(block)).exists()]
