"""What is wrong with a block."""

import dataclasses

from blocks import Block


@dataclasses.dataclass(frozen=True)
class Fault:
    block: Block
    what: str
    # The index of the block's line, if it is known.
    index: int = 0

    def __str__(self):
        return f"{self.block.at(self.index)}: {self.what}"
