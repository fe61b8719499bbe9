"""Templates of CloudFormation and SAM, as their own tools see them."""

import collections
import json

import cfnlint.api
import cfnlint.decode
from cfnlint.config import ManualArgs
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator


def lint(path):
    """The rules that cfn-lint finds broken, each with its message and how often."""
    return collections.Counter((rule, message) for rule, message, _ in lint_in_detail(path))


def lint_in_detail(path):
    """The rules that cfn-lint finds broken, each with its message and its line, for one region."""
    config = ManualArgs(regions=["eu-west-1"])
    return [(match.rule.id, match.message, match.linenumber) for match in cfnlint.api.lint_file(path, config)]


def translate(path):
    """The template that CloudFormation gets of one of SAM's."""
    template, faults = cfnlint.decode.decode(str(path))
    assert not faults, faults
    template = json.loads(json.dumps(template))
    # A definition that another file holds is brought in by CloudFormation, or uploaded by the command line of SAM.
    for resource in template["Resources"].values():
        if str(resource.get("Properties", {}).get("DefinitionUri", "")).startswith("."):
            resource["Properties"]["DefinitionUri"] = "s3://bucket/api.yaml"
    translator = Translator({}, Parser())
    return translator.translate(template, {"LinkId": "link", "Dns": "dns", "Link": "link"})
