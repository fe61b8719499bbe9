"""What was checked, and what came of it."""

from dataclasses import dataclass, field


@dataclass
class Part:
    """The checks of one application and receiver."""

    name: str
    rows: list[tuple[bool, str, str]] = field(default_factory=list)

    def row(self, holds: bool, claim: str, seen: object = "") -> None:
        self.rows.append((bool(holds), claim, str(seen)))

    def equal(self, claim: str, found: object, expected: object, seen: object = "") -> None:
        """Says what was found only if it isn't what was expected."""
        holds = found == expected
        self.row(holds, claim, seen if holds else f"found {found!r}, expected {expected!r}")


class Table:
    def __init__(self) -> None:
        self.passed = 0
        self.failed = 0

    def add(self, part: Part) -> None:
        print(f"\n{part.name}", flush=True)
        for holds, claim, seen in part.rows:
            print(f"  {'ok  ' if holds else 'FAIL'}  {claim:<66}  {seen}".rstrip(), flush=True)
            self.passed += holds
            self.failed += not holds

    def finish(self) -> int:
        print(f"\n{self.passed} passed, {self.failed} failed", flush=True)
        return 1 if self.failed or not self.passed else 0
