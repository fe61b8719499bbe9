"""Rust: the package `snippets` compiles each block within a context of its own."""

import json
import os
import subprocess

from blocks import ROOT
from fault import Fault


def claims(block):
    return block.language == "rust"


def check(blocks, _tools):
    # The pages are compiled together, and each page of deliberate faults by itself.
    ours = [block for block in blocks if not block.page.startswith("tests/")]
    others = {block.page for block in blocks} - {block.page for block in ours}
    faults = compile_errors(ours, None)
    for page in sorted(others):
        faults += compile_errors([block for block in blocks if block.page == page], page)
    return faults


def compile_errors(blocks, page):
    # Of the whole workspace, so that its dependencies are built as for its tests.
    arguments = ["cargo", "check", "--quiet", "--locked", "--workspace", "--all-features", "--lib", "--message-format=json"]
    environment = {**os.environ, **({"SNIPPETS_PAGE": page} if page else {})}
    done = subprocess.run(arguments, cwd=ROOT, env=environment, capture_output=True, text=True)
    faults = []
    for message in map(json.loads, done.stdout.splitlines()):
        if message["reason"] != "compiler-message" or message["message"]["level"] != "error":
            continue
        text = message["message"]["message"]
        places = [place(span) for span in message["message"]["spans"] if span["is_primary"]]
        found = [(block, line) for block in blocks for page, line in places
                 if block.page == page and block.line - 1 <= line <= block.line + block.text.count("\n")]
        faults += [Fault(block, text, line - block.line) for block, line in found[:1]]
        # `compile_error!` names a block's line itself.
        faults += [Fault(block, text.split(": ", 1)[-1]) for block in blocks if text.startswith(f"{block}: ")]
    assert faults or done.returncode == 0, done.stderr + done.stdout
    return faults


def place(span):
    """The page and the line of a place in what build.rs wrote."""
    page = span["file_name"].rsplit("/", 1)[-1].rsplit("@", 1)[0]
    return page.replace("@", "/"), span["line_start"]
