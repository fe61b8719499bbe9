"""The mappings that `apigw-headers` finds in a document, and whether they are as a block says."""

import json
import re
import subprocess

from fault import Fault

# What the command says of integrations that need no mapping.
LAMBDA = "Lambda: its event has the same values"


def judge(block, tools, path, api=None, first=0):
    """The faults of a document made of a block, which begins at the line with the index `first` of the document."""
    report = check(tools, path, api)
    faults = [Fault(block, f"apigw-headers: {error['reason']}") for error in report["errors"]]
    integrations, left = [], []
    for document in report["documents"]:
        integrations += document["integrations"]
        left += document["not_checked"] + document["left_alone"]
    if not integrations and left and all(integration["reason"] == LAMBDA for integration in left):
        return faults
    if not integrations:
        return [*faults, Fault(block, f"apigw-headers finds no integration; it leaves alone: {left}")]
    found = [finding for integration in integrations for finding in findings(integration, not block.is_wrong)]
    if block.is_wrong:
        return [*faults, *unexpected(block, [what for _, what in found])]
    return [*faults, *(Fault(block, what, line - 1 - first) for line, what in found)]


def check(tools, path, api):
    arguments = [tools.command, "check", "--strict", "--format", "json", path, *(["--api", api] if api else [])]
    done = subprocess.run(arguments, capture_output=True, text=True)
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


def findings(integration, is_strict):
    """What is missing or wrong, each with its line in the document."""
    for missing in integration["missing"]:
        if is_strict or missing["class"] == "required":
            yield integration["line"], f"missing {missing['header']}"
    for wrong in integration["wrong"]:
        if is_strict or wrong["class"] == "required":
            yield wrong["line"], f"{wrong['header']}: {wrong['reason']}"
    for what in integration["path_parameters"]:
        yield integration["line"], what


def unexpected(block, found):
    """A block that shows what is wrong has, in its comments, the words of each finding, and no others."""
    comments = re.findall(r"(?:#|//) (.+)$", block.text, re.MULTILINE)
    faults = [Fault(block, f"apigw-headers doesn't say {comment!r}, but {found}") for comment in comments
              if not any(comment in what for what in found)]
    faults += [Fault(block, f"no comment says {what!r}") for what in found
               if not any(comment in what for comment in comments)]
    if not found:
        faults.append(Fault(block, "is shown as wrong, but apigw-headers finds no fault"))
    return faults
