"""A package without its workspace and dev-dependencies, of which a user gets none, for what has to resolve it anew."""

import json
import os
import pathlib
import subprocess
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).absolute()


def read_manifest(folder=""):
    return tomllib.loads((ROOT / folder / "Cargo.toml").read_text())


def dependencies(manifest):
    """Each dependency as a table, with what it takes from the workspace."""
    shared = read_manifest()["workspace"]["dependencies"]
    found = {}
    for name, wanted in manifest["dependencies"].items():
        wanted = {"version": wanted} if isinstance(wanted, str) else dict(wanted)
        if wanted.pop("workspace", False):
            wanted = {**shared[name], **wanted}
        found[name] = wanted
    return found


def toml(value):
    """A value of a manifest, on one line."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml(each)}" for key, each in value.items()) + " }"
    return json.dumps(value)


class ScratchPackage:
    def __init__(self, path, links):
        """`links` are the package's own files and folders, which it shows under their last name."""
        self.path = path
        path.mkdir(parents=True, exist_ok=True)
        for each in links:
            link = path / pathlib.Path(each).name
            link.unlink(missing_ok=True)
            link.symlink_to(ROOT / each)

    def write_manifest(self, manifest, features, dependencies):
        tables = {
            "package": {key: manifest["package"][key] for key in ("name", "version", "edition", "rust-version")},
            "features": features,
            "dependencies": dependencies,
            "lints.rust": {"unexpected_cfgs": read_manifest()["workspace"]["lints"]["rust"]["unexpected_cfgs"]},
            "workspace": {},
        }
        lines = []
        for table, entries in tables.items():
            lines += [f"[{table}]", *(f"{key} = {toml(value)}" for key, value in entries.items()), ""]
        (self.path / "Cargo.toml").write_text("\n".join(lines))

    def run(self, *command, **environment):
        return subprocess.run(
            command, cwd=self.path, env={**os.environ, **environment}, check=True, stdout=subprocess.PIPE, text=True
        ).stdout
