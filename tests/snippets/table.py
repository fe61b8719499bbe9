"""The table of headers in the pages, which is that of `apigw-headers print`."""

import subprocess

from blocks import ROOT

PAGES = ["README.md", "docs/gateway.md"]


def rows(page):
    lines = [line for line in (ROOT / page).read_text().splitlines() if line.startswith("| `x-dd-proxy")]
    return [tuple(cell.strip(" `") for cell in line.strip("|").split("|")) for line in lines]


def pairs(tools, api):
    """Each header with what is mapped to it."""
    arguments = [tools.command, "print", "console", "--api", api, "--region", "eu-west-1", "--user"]
    printed = subprocess.run(arguments, capture_output=True, text=True, check=True).stdout
    # The console's form for HTTP APIs wants `header.` before a name.
    return dict(line.strip().removeprefix("header.").split(maxsplit=1) for line in printed.splitlines()[1:])


def faults(tools):
    """Where a table isn't the command's, or isn't the other page's."""
    rest, http = pairs(tools, "rest"), pairs(tools, "http")
    wanted = [(name, rest[name], http[name]) for name in rest]
    found = {page: rows(page) for page in PAGES}
    for page, table in found.items():
        for row, want in zip(table, wanted):
            if row[:3] != want:
                yield f"{page}: the table of headers has {row[:3]}, expected {want}"
        if len(table) != len(wanted):
            yield f"{page}: the table of headers has {len(table)} rows, expected {len(wanted)}"
    for one, other in zip(*found.values()):
        if one != other:
            yield f"{' and '.join(PAGES)} differ: {one}, {other}"
