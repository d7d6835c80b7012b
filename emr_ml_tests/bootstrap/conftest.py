"""A node with its own Python, and a PATH with only the commands of a test."""

import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from emr_ml.project import ROOT

if TYPE_CHECKING:
    from emr_ml_tests.s3_server import S3

SCRIPT = ROOT / "bootstrap" / "install_python_packages.sh"
AWS = ROOT / "emr_ml_tests" / "emulator" / "aws_cli.py"
PROGRAMS = ("bash", "cat", "cp", "env", "grep", "id", "mkdir", "mktemp", "rm")


class Node:
    """What a bootstrap script finds; it sleeps no longer than it takes to write that down."""

    def __init__(self, folder: Path, pip: Path) -> None:
        self.folder = folder
        self.home = folder / "python"
        self.path = folder / "path"
        self.temporary = folder / "tmp"
        self.calls = folder / "calls"
        venv.create(self.home, symlinks=True)
        (self.packages / "pip.pth").write_text(f"{pip}\n")
        self.path.mkdir()
        self.temporary.mkdir()
        for name in PROGRAMS:
            found = shutil.which(name)
            assert found, name
            (self.path / name).symlink_to(found)
        self.add("python3.11", f'exec "{self.python}" "$@"')
        self.add("aws", f'exec "{sys.executable}" -I "{AWS}" "$@"')
        self.add("sleep", f'echo "sleep $*" >> "{self.calls}"')

    @property
    def python(self) -> Path:
        return self.home / "bin" / "python3"

    @property
    def packages(self) -> Path:
        return next(self.home.glob("lib/python3.*/site-packages"))

    def add(self, name: str, *lines: str) -> Path:
        """Put a shell script on PATH."""
        command = self.path / name
        command.write_text("\n".join(["#!/bin/sh", *lines, ""]))
        command.chmod(0o755)
        return command

    def called(self) -> list[str]:
        return self.calls.read_text().splitlines() if self.calls.exists() else []

    def run(self, *args: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run the script that installs packages; pip knows the index of whoever runs the tests."""
        env = {name: value for name, value in os.environ.items() if name != "PYSPARK_PYTHON"}
        return subprocess.run(
            [SCRIPT, *args],
            env=env | {"PATH": str(self.path), "TMPDIR": str(self.temporary)} | environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    def says(self, code: str) -> str:
        """What that code prints on the node's Python."""
        command = [str(self.python), "-P", "-c", code]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    def has(self, package: str) -> bool:
        return self.says(f"import importlib.util as u; print(u.find_spec({package!r}))") != "None"


@pytest.fixture(scope="session")
def pip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that has pip, and nothing else."""
    folder = tmp_path_factory.mktemp("python")
    venv.create(folder, with_pip=True, symlinks=True)
    shelf = folder / "shelf"
    shelf.mkdir()
    for part in folder.glob("lib/python3.*/site-packages/pip*"):
        part.rename(shelf / part.name)
    return shelf


@pytest.fixture
def node(tmp_path: Path, pip: Path, s3: "S3") -> Generator[Node]:  # noqa: ARG001 - its environment
    node = Node(tmp_path, pip)
    yield node
    assert list(node.temporary.iterdir()) == [], "something was left behind"
