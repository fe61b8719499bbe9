#!/usr/bin/env python3
"""Patches the fixtures and judges the result: cfn-lint, SAM's translator, python-hcl2.

What a tool says of a fixture before the patch is the fixture's own affair. After the patch it must not say more.
"""

import json
import pathlib
import shutil
import subprocess
import sys

import hcl2

from templates import lint, translate


def mappings(node):
    """Every mapping of a header in a template."""
    if isinstance(node, dict):
        for key, value in node.items():
            if "header.x-dd-proxy" in key:
                yield key, json.dumps(value)
            yield from mappings(value)
    elif isinstance(node, list):
        for item in node:
            yield from mappings(item)


def main():
    command, fixtures, scratch = map(pathlib.Path, sys.argv[1:])
    shutil.rmtree(scratch, ignore_errors=True)
    shutil.copytree(fixtures, scratch)
    folders = ["cloudformation", "sam", "terraform"]
    before = {path: lint(path) for path in templates(scratch)}
    done = subprocess.run(
        [command.absolute(), "patch", *folders, "--region", "eu-west-1"], cwd=scratch, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr

    faults, patched = [], 0
    for path, known in before.items():
        text = path.read_text()
        patched += "x-dd-proxy" in text
        for (rule, message), count in (lint(path) - known).items():
            faults.append(f"{path}: {rule} ({count}): {message}")
        if "AWS::Serverless-2016-10-31" in text:
            try:
                found = list(mappings(translate(path)))
            except Exception as error:
                faults.append(f"{path}: {error}")
                continue
            if text.count("header.x-dd-proxy:") != sum(key.endswith("header.x-dd-proxy") for key, _ in found):
                faults.append(f"{path}: the translator drops mappings: {found}")
    modules = sorted(scratch.glob("terraform/**/*.tf"))
    for path in modules:
        patched += "x-dd-proxy" in path.read_text()
        try:
            hcl2.loads(path.read_text())
        except Exception as error:
            faults.append(f"{path}: {error}")
    if faults:
        sys.exit("\n".join(faults))
    print(f"{len(before)} templates and {len(modules)} files of Terraform, {patched} of them patched: nothing new to say")
    assert patched >= 15, patched


def templates(folder):
    names = [*folder.glob("cloudformation/*"), *folder.glob("sam/*.yaml"), *folder.glob("sam/*/template.yaml")]
    return sorted(names)


main()
