"""Command lines: what they name exists. Those of `apigw-headers` are run, those of the AWS CLI are checked by its model."""

import re
import shlex
import shutil
import subprocess

import aws_cli
import cargo_commands
from blocks import ROOT, blocks_of
from fault import Fault
from table import pairs

from . import aws_json


def claims(block):
    return block.language in ("console", "sh", "bash", "")


def check(blocks, tools):
    faults = []
    for block in blocks:
        for index, command in commands(block.text):
            faults += [Fault(block, f"{what} ({command})", index) for what in faults_of(command, block, tools)]
    return faults


def commands(text):
    """The command lines, each with the index of its first line. A quoted word may have several lines."""
    begun, index = "", 0
    for number, line in enumerate(text.splitlines()):
        index = index if begun else number
        begun += line
        if begun.endswith("\\"):
            begun = begun[:-1]
        elif not is_whole(begun):
            begun += "\n"
        else:
            if begun.strip():
                yield index, " ".join(begun.split())
            begun = ""
    if begun:
        yield index, begun


def is_whole(command):
    try:
        shlex.split(command, comments=True)
    except ValueError:
        return False
    return True


def faults_of(command, block, tools):
    try:
        words = shlex.split(command, comments=True)
    except ValueError as error:
        return [f"a shell can't read it: {error}"]
    while words and re.fullmatch(r"[A-Z_]+=\S*", words[0]):
        words.pop(0)
    program = words[0] if words else ""
    if program == "cargo":
        return cargo_commands.faults_of(words)
    if program == "apigw-headers":
        return run(words[1:], tools)
    if program == "aws":
        inline = [word for word in words if aws_json.has_mappings(word)]
        faults = [what for word in inline for what in aws_json.differences(word, tools)]
        return faults + aws_cli.faults_of(words, files(block))
    if program == "curl":
        return curl(words, tools)
    if "/" in program and (ROOT / program).is_file():
        return [] if (ROOT / program).stat().st_mode & 0o100 else [f"{program} isn't executable"]
    return [f"nothing proves the program {program!r}"]


def files(block):
    """The JSON before a block, by the name that the page gives it."""
    before = [other for other in blocks_of(block.page) if other.line < block.line and aws_json.claims(other)]
    return {"headers.json": before[-1].text} if before else {}


def run(arguments, tools):
    """Runs `apigw-headers` where there is what the pages call it with."""
    folder = tools.folder("commands")
    fixtures = ROOT / "cli/tests/fixtures"
    shutil.copy(fixtures / "cloudformation/vpc-link.yaml", folder / "template.yaml")
    for name in ("cdk.out", "infrastructure"):
        shutil.copytree(fixtures / "cdk", folder / name)
    done = subprocess.run([tools.command, *arguments], cwd=folder, capture_output=True, text=True)
    # 1 is a finding in the templates, which have no headers yet.
    return [f"apigw-headers: {done.stderr}"] if done.returncode not in (0, 1) else []


def curl(words, tools):
    """Headers that it sends are those of the table, each with a value."""
    sent = dict(words[index + 1].split(": ", 1) for index, word in enumerate(words) if word == "-H")
    known = pairs(tools, "rest")
    return [f"the table has no header {name}" for name in sent if name.startswith("x-dd-") and name not in known]
