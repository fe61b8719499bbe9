"""The fenced blocks of Markdown pages."""

import dataclasses
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent

FENCE = re.compile(r"^( *)(```+|~~~+) *(.*)$")


@dataclasses.dataclass(frozen=True)
class Block:
    page: str
    # Of the first line within the fence, counted from 1.
    line: int
    language: str
    # The other words of the info string.
    words: tuple
    text: str

    @property
    def is_wrong(self):
        """Whether it shows what not to do."""
        return "wrong" in self.words

    def __str__(self):
        return f"{self.page}:{self.line}"

    def at(self, index):
        """A place in the page by the index of the block's line."""
        return f"{self.page}:{self.line + index}"


def blocks_of(page):
    found, fence = [], None
    for number, line in enumerate((ROOT / page).read_text().splitlines(), 1):
        match = FENCE.match(line)
        if fence is None and match:
            fence = match
            begin, lines = number + 1, []
        elif fence and match and match[2].startswith(fence[2]) and not match[3]:
            language, *words = re.split(r"[ ,]+", fence[3].strip())
            found.append(Block(page, begin, language, tuple(words), "\n".join(lines) + "\n"))
            fence = None
        elif fence:
            lines.append(line.removeprefix(fence[1]))
    assert fence is None, f"{page}: a fence isn't closed"
    return found


def pages():
    """The pages whose snippets people copy."""
    docs = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").glob("*.md"))
    return ["README.md", *docs, "cli/README.md"]
