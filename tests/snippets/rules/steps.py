"""Steps of a workflow that run `apigw-headers`: its command line is one that the command takes."""

import yaml

from fault import Fault

from . import commands


def claims(block):
    return block.language == "yaml" and block.text.startswith("- ")


def check(blocks, tools):
    faults = []
    for block in blocks:
        for step in yaml.safe_load(block.text):
            if "run" not in step:
                faults.append(Fault(block, "a step runs nothing"))
                continue
            faults += [Fault(block, what) for what in commands.faults_of(step["run"], block, tools)]
    return faults
