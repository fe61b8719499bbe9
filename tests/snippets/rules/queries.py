"""Queries of CloudWatch Logs Insights: their fields are those of the access logs' formats on the same page."""

import re

from blocks import blocks_of
from fault import Fault

from . import access_log

# What the application's lines have in addition to the gateway's.
OWN = {"trace_id", "span_id", "dd.trace_id", "dd.span_id"}
WORDS = {"filter", "stats", "sort", "limit", "display", "by", "as", "and", "or", "not", "asc", "desc", "count"}
STRING = re.compile(r'"[^"]*"')
# A name, unless it is a function's.
NAME = re.compile(r"[A-Za-z_][\w.]*\b(?!\s*\()")
MADE = re.compile(r"\bas (\w+)")


def claims(block):
    return block.language == "text" and block.text.startswith("filter ")


def check(blocks, _tools):
    faults = []
    for block in blocks:
        formats = [other for other in blocks_of(block.page) if access_log.claims(other)]
        known = OWN | WORDS | set(MADE.findall(block.text)) | {key for each in formats for key in access_log.keys(each)}
        for index, line in enumerate(block.text.splitlines()):
            faults += [Fault(block, f"no format on this page has the field {name}", index)
                       for name in NAME.findall(STRING.sub("", line)) if name not in known]
    return faults
