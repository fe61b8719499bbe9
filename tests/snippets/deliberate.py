"""Broken snippets in the folder `faults`, so that a rule that finds nothing any more is noticed itself.

The lines above a snippet are a comment, `<!-- words -->`, with what has to be said of it.
"""

import re

from blocks import ROOT


def unnoticed(blocks, found, rules):
    """What isn't said of broken snippets, and rules that have none."""
    for block in blocks:
        lines = (ROOT / block.page).read_text().splitlines()
        comment = re.fullmatch("<!-- (.*) -->", lines[block.line - 4])
        assert comment, f"{block}: no comment says what is wrong with it"
        said = [str(fault) for fault in found if fault.block == block]
        if not any(comment[1] in what for what in said):
            yield f"{block}: expected {comment[1]!r} to be found, but found {said}"
    pages = {block.page.rsplit("/", 1)[-1].removesuffix(".md") for block in blocks}
    for rule in sorted({*rules, "unclaimed"} - {"elsewhere"} - pages):
        yield f"tests/snippets/faults/{rule}.md: no broken snippet tries this rule"
