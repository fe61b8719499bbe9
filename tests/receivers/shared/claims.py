"""What a judge says: rows that hold or don't, each of which speaks for a claim about a backend."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Row:
    claim: str
    holds: bool
    what: str
    seen: str


@dataclass
class Judgement:
    backend: str
    # What was judged.
    name: str
    rows: list[Row] = field(default_factory=list)

    def row(self, claim: str, holds: object, what: str, seen: object = "") -> None:
        self.rows.append(Row(claim, bool(holds), what, str(seen)))

    def equal(self, claim: str, what: str, found: object, expected: object, seen: object = "") -> None:
        """Says what was found only if it isn't what was expected."""
        holds = found == expected
        self.row(claim, holds, what, seen if holds else f"found {found!r}, expected {expected!r}")


@dataclass
class Fault:
    """A judge that sees a deliberate fault, and has to deny these claims."""

    name: str
    claims: list[str]
    judge: Callable[[], Judgement]


class Verdict:
    """Prints everything, and writes each claim to the file that RECEIVERS_CLAIMS names.

    A claim's line says whether it holds, and with which deliberate faults it was seen to fail."""

    def __init__(self) -> None:
        self.passed = self.failed = 0
        self.claims: dict[tuple[str, str], bool] = {}
        self.caught: dict[tuple[str, str], list[str]] = {}

    def add(self, judgement: Judgement) -> None:
        print(f"\n{judgement.backend}: {judgement.name}", flush=True)
        for row in judgement.rows:
            self.count(row.holds, row.what, row.seen)
            key = judgement.backend, row.claim
            self.claims[key] = self.claims.get(key, True) and row.holds

    def add_faults(self, backend: str, faults: list[Fault]) -> None:
        print(f"\n{backend}: deliberate faults, which have to be found", flush=True)
        for fault in faults:
            rows = fault.judge().rows
            for claim in fault.claims:
                found = [row.what.strip() for row in rows if row.claim == claim and not row.holds]
                self.count(
                    bool(found), fault.name, f"found: {', '.join(found)}"[:120] if found else f"not found: {claim}"
                )
                key = backend, claim
                self.claims[key] = self.claims.get(key, True) and bool(found)
                if found:
                    self.caught.setdefault(key, []).append(fault.name)

    def count(self, holds: bool, what: str, seen: str) -> None:
        print(f"  {'ok  ' if holds else 'FAIL'}  {what:<66}  {seen}".rstrip(), flush=True)
        self.passed += holds
        self.failed += not holds

    def finish(self) -> int:
        print(f"\n{self.passed} passed, {self.failed} failed", flush=True)
        path = os.environ.get("RECEIVERS_CLAIMS")
        if path:
            with open(path, "a", encoding="utf-8") as file:
                for (backend, claim), holds in self.claims.items():
                    caught = ", ".join(self.caught.get((backend, claim), []))
                    print(backend, claim, "holds" if holds else "FAILS", caught, sep="\t", file=file)
        return 1 if self.failed or not self.passed else 0
