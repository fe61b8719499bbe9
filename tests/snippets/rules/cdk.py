"""TypeScript for CDK: it compiles with `aws-cdk-lib`, and `apigw-headers check --strict` passes on the template that it
makes. A block is put into a stack's constructor."""

import json
import re
import subprocess

from blocks import blocks_of
from fault import Fault
from gateway_headers import judge

IMPORT = re.compile(r"^import .*;$", re.MULTILINE)
ERROR = re.compile(r"^block-(\d+)\.ts\((\d+),\d+\): error (.*)$")
NAMES = {
    "apigateway": 'import * as apigateway from "aws-cdk-lib/aws-apigateway";',
    "HttpUrlIntegration": 'import { HttpUrlIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";',
    "MappingValue": 'import { MappingValue } from "aws-cdk-lib/aws-apigatewayv2";',
    "ParameterMapping": 'import { ParameterMapping } from "aws-cdk-lib/aws-apigatewayv2";',
}
# What the pages say is there already.
GIVEN = {
    "api": 'new apigateway.RestApi(this, "Api")',
    "httpApi": 'new http.HttpApi(this, "HttpApi")',
    "vpc": 'new ec2.Vpc(this, "Vpc")',
    "vpcLink": 'new http.VpcLink(this, "Link", { vpc })',
    "listener": 'new elb.ApplicationLoadBalancer(this, "Balancer", { vpc }).addListener("Http", { port: 80, open: false, '
    "defaultAction: elb.ListenerAction.fixedResponse(200) })",
}
# A name, but not in a string such as "x-dd-proxy-api-id".
USED = r"(?<![\w.'\"/-]){}(?=[.,\s])"
MODULES = [
    'import * as cdk from "aws-cdk-lib";',
    'import * as http from "aws-cdk-lib/aws-apigatewayv2";',
    'import * as ec2 from "aws-cdk-lib/aws-ec2";',
    'import * as elb from "aws-cdk-lib/aws-elasticloadbalancingv2";',
]


def claims(block):
    return block.language in ("ts", "typescript")


def check(blocks, tools):
    folder = tools.folder("blocks", inside=tools.node)
    heads = {}
    for number, block in enumerate(blocks):
        head, text = wrapped(block)
        heads[number] = head.count("\n")
        (folder / f"block-{number}.ts").write_text(text)
    faults = typed(blocks, folder, heads, tools)
    untyped = {fault.block for fault in faults}
    sound = [number for number, block in enumerate(blocks) if block not in untyped]
    synthesised = subprocess.run(
        ["node", "-e", SYNTHESIS, folder, *map(str, sound)], capture_output=True, text=True, check=True
    )
    for number, error in json.loads(synthesised.stdout.splitlines()[-1]).items():
        faults.append(Fault(blocks[int(number)], f"CDK: {error}"))
    for number in sound:
        template = folder / f"block-{number}.template.json"
        if template.exists():
            faults += [Fault(fault.block, f"as synthesised: {fault.what}")
                       for fault in judge(blocks[number], tools, template)]
    return faults


SYNTHESIS = """
const { App } = require(process.argv[1] + "/../node_modules/aws-cdk-lib");
const fs = require("fs");
const errors = {};
for (const number of process.argv.slice(2)) {
  const file = `${process.argv[1]}/block-${number}`;
  try {
    const app = new App({ analyticsReporting: false });
    new (require(`${file}.js`).Block)(app, "Block");
    fs.writeFileSync(`${file}.template.json`, JSON.stringify(app.synth().getStackByName("Block").template, null, 1));
  } catch (error) {
    errors[number] = error.message;
  }
}
console.log("\\n" + JSON.stringify(errors));
"""


def typed(blocks, folder, heads, tools):
    """The compiler's errors. It writes JavaScript all the same."""
    options = ["--strict", "--target", "es2022", "--module", "commonjs", "--skipLibCheck", "--types", "node"]
    files = sorted(path.name for path in folder.glob("*.ts"))
    done = subprocess.run(
        ["node", tools.node / "node_modules/typescript/bin/tsc", *options, *files], cwd=folder, capture_output=True, text=True
    )
    faults = []
    for line in done.stdout.splitlines():
        if match := ERROR.match(line):
            number = int(match[1])
            faults.append(Fault(blocks[number], match[3], max(int(match[2]) - 1 - heads[number], 0)))
    assert faults or done.returncode == 0, done.stdout + done.stderr
    return faults


def wrapped(block):
    """The text before a block, and the whole. Imports go to the top, and leave their lines empty."""
    code, earlier = block.text, ""
    if "gatewayHeaders" in code and "const gatewayHeaders" not in code:
        # "Those of the section before".
        others = [other.text for other in blocks_of(block.page) if "const gatewayHeaders" in other.text]
        earlier = others[-1].split("\nhttpApi.")[0]
    imports = sorted({*IMPORT.findall(earlier), *IMPORT.findall(code)})
    imports += [line for name, line in NAMES.items() if not re.search(rf"\b{name}\b", "\n".join(imports))]
    given = {name for name in GIVEN if re.search(USED.format(name), code) and f"const {name} =" not in code}
    given |= {"vpc"} if given & {"vpcLink", "listener"} else set()
    head = [
        *MODULES,
        *imports,
        "export class Block extends cdk.Stack {",
        "constructor(scope: cdk.App, id: string) {",
        "super(scope, id);",
        *(f"const {name} = {value};" for name, value in GIVEN.items() if name in given),
        IMPORT.sub("", earlier),
    ]
    head = "\n".join(head) + "\n"
    return head, head + IMPORT.sub("", code) + "}\n}\n"
