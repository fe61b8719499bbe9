"""CloudFormation and SAM: cfn-lint and `apigw-headers check --strict` pass, the latter also on what SAM's translator makes.
Resources that a part of a template refers to are added to it."""

import json
import re

from fault import Fault
from gateway_headers import judge
from templates import lint_in_detail, translate

REST = """
  Api:
    Type: AWS::ApiGateway::RestApi
    Properties: { Name: orders }
  Proxy:
    Type: AWS::ApiGateway::Resource
    Properties: { RestApiId: !Ref Api, ParentId: !GetAtt Api.RootResourceId, PathPart: "{proxy+}" }
"""
HTTP = """
  Api:
    Type: AWS::ApiGatewayV2::Api
    Properties: { Name: orders, ProtocolType: HTTP }
"""


def claims(block):
    return block.language == "yaml" and re.search("^Resources:", block.text, re.MULTILINE) is not None


def check(blocks, tools):
    faults = []
    for number, block in enumerate(blocks):
        path = tools.folder(f"cloudformation-{number}") / "template.yaml"
        path.write_text(block.text + missing_resources(block.text))
        found = [Fault(block, f"cfn-lint: {rule}: {message}", line - 1) for rule, message, line in lint_in_detail(path)]
        found += judge(block, tools, path)
        if not found and "Transform: AWS::Serverless-2016-10-31" in block.text:
            found += translated(block, tools, path)
        faults += found
    return faults


def missing_resources(text):
    if re.search("^  Api:", text, re.MULTILINE) or "!Ref Api" not in text:
        return ""
    return HTTP if "AWS::ApiGatewayV2" in text else REST


def translated(block, tools, path):
    translation = path.with_name("translated.json")
    # As `sam package` does, after which the translator sees it.
    path.write_text(re.sub(r"(CodeUri:) \.$", r"\1 s3://bucket/code", path.read_text(), flags=re.MULTILINE))
    try:
        translation.write_text(json.dumps(translate(path)))
    except Exception as error:
        return [Fault(block, f"SAM's translator: {error}")]
    return [Fault(block, f"as translated by SAM: {fault.what}") for fault in judge(block, tools, translation)]
