"""What proves which blocks. A rule is a module with `claims(block)` and `check(blocks, tools)`, which returns faults."""

from . import access_log, aws_json, cdk, cloudformation, commands, elsewhere, json_data, openapi, queries, rust
from . import serverless, steps, terraform, toml_data

RULES = [
    access_log, aws_json, cdk, cloudformation, commands, elsewhere, json_data, openapi, queries, rust, serverless, steps,
    terraform, toml_data,
]
