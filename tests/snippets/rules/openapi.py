"""OpenAPI: a validator and `apigw-headers check --strict` pass. A part of a document is put into a whole one."""

import textwrap

import yaml
from openapi_spec_validator import OpenAPIV30SpecValidator

from fault import Fault
from gateway_headers import judge

INFO = 'openapi: 3.0.1\ninfo: { title: a, version: "1" }\npaths:\n'
OPERATION = "  /{proxy+}:\n    x-amazon-apigateway-any-method:\n"


def claims(block):
    return block.language == "yaml" and block.text.startswith(("openapi:", "/", "x-amazon-apigateway-integration:"))


def check(blocks, tools):
    faults = []
    for number, block in enumerate(blocks):
        before, text = document(block)
        path = tools.folder(f"openapi-{number}") / "api.yaml"
        path.write_text(text)
        try:
            data = yaml.safe_load(text)
        except yaml.YAMLError as error:
            faults.append(Fault(block, f"no YAML: {error}"))
            continue
        if block.text.startswith("openapi:"):
            faults += [Fault(block, f"no OpenAPI: {error.message} at {'/'.join(map(str, error.absolute_path))}")
                       for error in OpenAPIV30SpecValidator(data).iter_errors()]
        # A part doesn't always say which kind of API it is of.
        api = "http" if "overwrite:" in block.text else "rest"
        faults += judge(block, tools, path, api, before.count("\n"))
    return faults


def document(block):
    """The text before a block, and the whole."""
    before, indent = "", ""
    if block.text.startswith("/"):
        before, indent = INFO, "  "
    elif block.text.startswith("x-"):
        before, indent = INFO + OPERATION, "      "
    return before, before + textwrap.indent(block.text, indent)
