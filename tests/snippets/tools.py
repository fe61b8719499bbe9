"""Where the tools are that the run script installs or builds, and where scratch files go."""

import dataclasses
import pathlib
import shutil


@dataclasses.dataclass(frozen=True)
class Tools:
    # `apigw-headers`.
    command: pathlib.Path
    # A folder with `node_modules`.
    node: pathlib.Path
    scratch: pathlib.Path

    def folder(self, name, inside=None):
        """An empty folder for files."""
        path = (inside or self.scratch) / name
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True)
        return path
