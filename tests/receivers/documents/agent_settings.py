"""The environment variables that Datadog's Agent reads, by the code that reads them."""

import pathlib
import re

SETTING = re.compile(r'\bBindEnv\w*\(\s*"(?P<key>[^"]+)"(?P<rest>[^\n]*)')
NAME = re.compile(r'"(DD_[A-Z0-9_]+)"')
OTHER = re.compile(r'os\.(?:Getenv|LookupEnv)\("([A-Z0-9_]+)"\)')


def names(modules: dict[str, pathlib.Path]) -> set[str]:
    found = set()
    for module in ("config/setup", "config/env"):
        for path in modules[f"github.com/DataDog/datadog-agent/pkg/{module}"].glob("*.go"):
            if not path.name.endswith("_test.go"):
                found |= names_in(path.read_text(encoding="utf-8"))
    return found


def names_in(code: str) -> set[str]:
    found = set(OTHER.findall(code))
    for setting in SETTING.finditer(code):
        # One that names no variable has the one that is made of its key.
        made = "DD_" + setting["key"].upper().replace(".", "_")
        found |= set(NAME.findall(setting["rest"])) or {made}
    return found
