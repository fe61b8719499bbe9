"""Configurations of the Serverless Framework: version 3 packages them, and `apigw-headers check --strict` passes on them and
on the template that it makes."""

import concurrent.futures
import os
import re
import subprocess

from fault import Fault
from gateway_headers import judge

ENVIRONMENT = {
    "SLS_TELEMETRY_DISABLED": "1",
    "SLS_NOTIFICATIONS_MODE": "off",
    "SLS_ANALYTICS_DISABLED": "1",
    "AWS_REGION": "eu-west-1",
    # Nothing of the user's own is read.
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}


def claims(block):
    return block.language == "yaml" and re.match("service:.*\n(.*\n)*provider:", block.text) is not None


def check(blocks, tools):
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as threads:
        found = threads.map(lambda numbered: check_one(*numbered, tools), enumerate(blocks))
        return [fault for faults in found for fault in faults]


def check_one(number, block, tools):
    folder = tools.folder(f"serverless-{number}")
    path = folder / "serverless.yml"
    path.write_text(block.text)
    (folder / "orders.js").write_text("exports.handler = async () => {};\n")
    program = tools.node / "node_modules/serverless/bin/serverless.js"
    environment = {**os.environ, **ENVIRONMENT}
    done = subprocess.run(["node", program, "package"], cwd=folder, env=environment, capture_output=True, text=True)
    faults = judge(block, tools, path)
    if done.returncode:
        faults.append(Fault(block, f"Serverless Framework: {' '.join((done.stdout + done.stderr).split())}"))
    elif not block.is_wrong:
        template = folder / ".serverless/cloudformation-template-update-stack.json"
        faults += [Fault(block, f"as packaged: {fault.what}") for fault in judge(block, tools, template)]
    return faults
