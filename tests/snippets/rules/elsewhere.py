"""Blocks that another check proves."""

# The page, the languages, what every such block contains, and the check.
CHECKS = [
    ("docs/backends.md", ("yaml", "json", "console", "sh"), "", "tests/receivers"),
    ("cli/README.md", ("console",), "$ apigw-headers ", "cli/tests/snippets.rs"),
]


def claims(block):
    return any(
        block.page == page and block.language in languages and part in block.text for page, languages, part, _ in CHECKS
    )


def check(_blocks, _tools):
    return []
