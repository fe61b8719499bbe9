"""Terraform: a parser of HCL reads it, and `apigw-headers check --strict` passes."""

import hcl2

from fault import Fault
from gateway_headers import judge


def claims(block):
    return block.language in ("terraform", "hcl", "tf")


def check(blocks, tools):
    faults = []
    for number, block in enumerate(blocks):
        path = tools.folder(f"terraform-{number}") / "main.tf"
        path.write_text(block.text)
        try:
            hcl2.loads(block.text)
        except Exception as error:
            faults.append(Fault(block, f"no HCL: {error}"))
            continue
        faults += judge(block, tools, path)
    return faults
