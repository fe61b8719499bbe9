"""Prints the claims of docs/backends.md, and what the parts have found of each. Exits with 0 only if all hold."""

import pathlib
import sys

PAGE = pathlib.Path(__file__).resolve().parents[3] / "docs" / "backends.md"
HEADER = "| backend | what is checked |"


def main(path: str, skipped: int) -> int:
    found = {}
    for line in pathlib.Path(path).read_text(encoding="utf-8").splitlines():
        backend, claim, outcome, faults = line.split("\t")
        found[backend, claim] = outcome, faults
    claims = of_page()
    # A part that was skipped says nothing of its claims.
    missing = "skipped" if skipped else "UNCHECKED"
    bad = 0
    for key in claims + [key for key in found if key not in claims]:
        outcome, faults = found.get(key, (missing, ""))
        if key not in claims:
            outcome = "NOT ON THE PAGE"
        bad += outcome not in ("holds", "skipped")
        backend, claim = key
        print(f"{outcome:<10} {backend:<25} {claim}")
        if faults:
            print(f"{'':<36} denied with: {faults}")
    if not claims:
        print("docs/backends.md has no claims")
    return 1 if bad or not claims else 0


def of_page() -> list[tuple[str, str]]:
    _, _, rest = PAGE.read_text(encoding="utf-8").partition(HEADER + "\n")
    claims = []
    for line in rest.splitlines()[1:]:
        if not line.startswith("|"):
            break
        backend, claim = (cell.strip() for cell in line.strip("|").split("|"))
        claims.append((backend, claim))
    return claims


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
