#!/usr/bin/env python3
"""Proves the snippets of README, the docs and the command's README. See README.md."""

import argparse
import collections
import pathlib
import sys

import table
from blocks import ROOT, blocks_of, pages
from deliberate import unnoticed
from fault import Fault
from rules import RULES, elsewhere
from tools import Tools


def claimed(blocks):
    """The blocks of each rule, and the faults of those that aren't claimed by exactly one."""
    by_rule, faults = collections.defaultdict(list), []
    for block in blocks:
        rules = [elsewhere] if elsewhere.claims(block) else [rule for rule in RULES if rule.claims(block)]
        for rule in rules[:1]:
            by_rule[rule].append(block)
        if not rules:
            info = " ".join([block.language or "no language", *block.words])
            faults.append(Fault(block, f"nothing proves this snippet ({info}): add a rule to tests/snippets/rules"))
        elif len(rules) > 1:
            faults.append(Fault(block, f"claimed by {' and '.join(name(rule) for rule in rules)}"))
    return by_rule, faults


def name(rule):
    return rule.__name__.rsplit(".", 1)[-1]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--command", type=pathlib.Path, required=True, help="apigw-headers")
    parser.add_argument("--node", type=pathlib.Path, required=True, help="a folder with node_modules")
    parser.add_argument("--scratch", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    tools = Tools(*(path.absolute() for path in (arguments.command, arguments.node, arguments.scratch)))

    real = [block for page in pages() for block in blocks_of(page)]
    deliberate = [block for path in sorted((ROOT / "tests/snippets/faults").glob("*.md"))
                  for block in blocks_of(path.relative_to(ROOT).as_posix())]
    by_rule, found = claimed([*real, *deliberate])
    for rule, blocks in by_rule.items():
        found += rule.check(blocks, tools)
    faults = [str(fault) for fault in found if fault.block in real]
    faults += table.faults(tools)
    faults += unnoticed(deliberate, found, [name(rule) for rule in RULES])
    if faults:
        sys.exit("\n".join(faults))
    for rule, blocks in by_rule.items():
        print(f"{sum(block in real for block in blocks):3} {name(rule)}")
    print(f"{len(real)} snippets in {len(pages())} pages hold; {len(deliberate)} broken ones are found")


main()
