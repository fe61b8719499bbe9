"""README's code, and whether the application here is that."""

import pathlib

HERE = pathlib.Path(__file__).resolve().parent
README = HERE.parents[2] / "README.md"
APPLICATION = HERE.parent / "application" / "main.rs"


def code() -> list[list[str]]:
    """The lines of README's blocks that make an application and serve it."""
    blocks = README.read_text(encoding="utf-8").split("```")[1::2]
    blocks = [block for block in blocks if block.startswith(("rust\nlet app", "rust\nlet _guard"))]
    if len(blocks) != 2:
        raise AssertionError("README's code has moved")
    return [[line for line in block.splitlines()[1:] if line.strip() not in ("", "// ...")] for block in blocks]


def missing_lines() -> list[str]:
    """Those that the application doesn't have, in the order of their block."""
    missing = []
    for block in code():
        rest = iter(APPLICATION.read_text(encoding="utf-8").splitlines())
        missing += [line for line in block if line not in rest]
    return missing
