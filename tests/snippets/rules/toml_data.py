"""TOML: it parses, and the features of this crate that it names exist."""

import tomllib

from blocks import ROOT
from fault import Fault

NAME = "apigateway-inferred-span"


def claims(block):
    return block.language == "toml"


def check(blocks, _tools):
    manifest = tomllib.loads((ROOT / "Cargo.toml").read_text())
    faults = []
    for block in blocks:
        try:
            data = tomllib.loads(block.text)
        except tomllib.TOMLDecodeError as error:
            faults.append(Fault(block, f"no TOML: {error}"))
            continue
        dependency = data.get("dependencies", data).get(NAME)
        if dependency is None:
            faults.append(Fault(block, f"names no dependency {NAME}"))
            continue
        if isinstance(dependency, str):
            dependency = {"version": dependency}
        if not manifest["package"]["version"].startswith(dependency["version"] + "."):
            faults.append(Fault(block, f"version {dependency['version']}, but Cargo.toml has another"))
        faults += [Fault(block, f"Cargo.toml has no feature {feature}")
                   for feature in dependency.get("features", []) if feature not in manifest["features"]]
    return faults
