"""scripts/set_up.py in a separate folder with a separate PATH; nothing is installed."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Protocol, cast

import pytest

ROOT = Path(__file__).resolve().parent.parent
GREEN = 0
RED = 1


class SetUp(Protocol):
    STAMP: Path

    def digest(self) -> str: ...


class Project:
    """A copy of the files that the set-up reads, and a PATH with only the commands of a test."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.path = root / "path"
        self.script = root / "scripts" / "set_up.py"
        self.path.mkdir()
        self.script.parent.mkdir()
        shutil.copy(ROOT / "scripts" / "set_up.py", self.script)
        # without uv: a set-up that is not skipped fails here, before it creates anything
        (root / "requirements.lock").write_text("click==8.0.0\n")
        (root / "pyproject.toml").write_text("")

    def add(self, name: str, *lines: str, folder: Path | None = None) -> None:
        """Put a shell script on PATH, or into another folder."""
        command = (folder or self.path) / name
        command.parent.mkdir(parents=True, exist_ok=True)
        command.write_text("\n".join(["#!/bin/sh", *lines, ""]))
        command.chmod(0o755)

    def add_java(self, version: str, folder: Path | None = None) -> None:
        self.add("java", f"echo 'openjdk version \"{version}\" 2025-04-15' >&2", folder=folder)

    def add_finished_venv(self) -> None:
        """Create the .venv that a set-up of this folder creates, without packages."""
        spec = importlib.util.spec_from_file_location("set_up", self.script)
        assert spec and spec.loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        set_up = cast("SetUp", cast("object", module))
        python = self.root / ".venv" / "bin" / "python"
        python.parent.mkdir(parents=True)
        python.symlink_to(sys.executable)
        set_up.STAMP.write_text(set_up.digest())

    def set_up(self, java_home: Path | None = None) -> subprocess.CompletedProcess[str]:
        env = {"PATH": str(self.path)}
        if java_home:
            env["JAVA_HOME"] = str(java_home)
        return subprocess.run(
            [sys.executable, str(self.script)],
            env=env,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


@pytest.fixture
def finished(project: Project) -> Project:
    project.add_finished_venv()
    return project


@pytest.mark.parametrize("version", ["17.0.15", "17", "21.0.2", "21-ea"])
def test_java_17_and_21_are_accepted_from_path(finished: Project, version: str) -> None:
    finished.add_java(version)
    done = finished.set_up()
    assert (done.returncode, done.stdout, done.stderr) == (GREEN, "", "")


@pytest.mark.parametrize("version", ["1.8.0_392", "11.0.21", "25.0.1", "1.7.0_21"])
def test_any_other_java_is_rejected(finished: Project, version: str) -> None:
    finished.add_java(version)
    done = finished.set_up()
    assert done.returncode == RED
    assert "Spark needs Java 17 or 21" in done.stderr


def test_a_broken_java_counts_as_missing(finished: Project) -> None:
    finished.add("java", "echo 'Unable to locate a Java Runtime.' >&2", "exit 1")
    done = finished.set_up()
    assert done.returncode == RED
    assert "Spark needs Java 17 or 21" in done.stderr


def test_java_home_suffices_without_path(finished: Project, tmp_path: Path) -> None:
    finished.add_java("21.0.2", folder=tmp_path / "jdk" / "bin")
    assert finished.set_up(java_home=tmp_path / "jdk").returncode == GREEN


@pytest.mark.parametrize(("version", "found"), [("1.8.0_392", "Java 8"), ("11.0.21", "Java 11")])
def test_a_wrong_java_home_is_named_although_path_has_a_suitable_java(
    finished: Project, tmp_path: Path, version: str, found: str
) -> None:
    finished.add_java("17.0.15")
    home = tmp_path / "old jdk"
    finished.add_java(version, folder=home / "bin")
    done = finished.set_up(java_home=home)
    assert done.returncode == RED
    assert f"JAVA_HOME={home} has {found}" in done.stderr


def test_a_missing_java_home_is_named(finished: Project, tmp_path: Path) -> None:
    finished.add_java("17.0.15")
    done = finished.set_up(java_home=tmp_path / "gone")
    assert done.returncode == RED
    assert f"JAVA_HOME={tmp_path / 'gone'} has no working Java" in done.stderr


def test_if_java_cannot_be_installed_one_line_names_the_commands(project: Project) -> None:
    done = project.set_up()
    assert done.returncode == RED
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert "apt-get install openjdk-17-jre-headless" in line
    assert "dnf install java-17-openjdk-headless" in line
    assert "brew install openjdk@17" in line


def test_without_java_no_venv_is_created(project: Project) -> None:
    project.set_up()
    assert not (project.root / ".venv").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root needs no sudo")
def test_a_sudo_that_asks_for_a_password_is_not_used(finished: Project) -> None:
    finished.add("sudo", "exit 1")
    finished.add("apt-get", f"echo called >> {finished.root}/calls")
    assert finished.set_up().returncode == RED
    assert not (finished.root / "calls").exists()


def add_apt(project: Project, package: str, java: str) -> None:
    """Add an apt-get with one package, which installs this Java, and a sudo without password."""
    shelf = project.root / "shelf"
    project.add_java(java, folder=shelf)
    project.add("sudo", '[ "$1" = -n ] && shift', '[ "$1" = true ] || exec "$@"')
    project.add(
        "apt-get",
        f"echo \"$*\" >> '{project.root}/calls'",
        'case "$*" in',
        f'  *simulate*) case "$*" in *{package}) exit 0;; *) exit 100;; esac;;',
        f"  install*{package}) /bin/cp '{shelf}/java' '{project.path}/java';;",
        "  install*) exit 100;;",
        "esac",
    )


@pytest.mark.parametrize("release", ["17", "21"])
def test_apt_installs_the_java_that_the_distribution_has(finished: Project, release: str) -> None:
    add_apt(finished, f"openjdk-{release}-jre-headless", java=f"{release}.0.1")
    done = finished.set_up()
    assert (done.returncode, done.stderr) == (GREEN, "")
    calls = (finished.root / "calls").read_text().splitlines()
    assert calls[0] == "update"
    assert calls[-1] == f"install -y --no-install-recommends openjdk-{release}-jre-headless"


def test_a_failed_installation_shows_its_output_and_the_commands(finished: Project) -> None:
    finished.add("sudo", '[ "$2" = true ] || { shift; exec "$@"; }')
    finished.add("apt-get", "echo 'no space left'", '[ "$1" = update ]')
    done = finished.set_up()
    assert done.returncode == RED
    assert "no space left" in done.stderr
    assert "brew install openjdk@17" in done.stderr


def test_a_wrong_java_home_is_named_also_after_an_installation(
    finished: Project, tmp_path: Path
) -> None:
    add_apt(finished, "openjdk-17-jre-headless", java="17.0.15")
    finished.add_java("11.0.21", folder=tmp_path / "jdk" / "bin")
    done = finished.set_up(java_home=tmp_path / "jdk")
    assert done.returncode == RED
    assert "has Java 11" in done.stderr


def test_a_second_set_up_does_nothing(finished: Project) -> None:
    finished.add_java("17.0.15")
    venv = finished.root / ".venv"
    before = {path: path.lstat().st_mtime_ns for path in venv.rglob("*")}
    done = finished.set_up()
    assert (done.returncode, done.stdout, done.stderr) == (GREEN, "", "")
    assert {path: path.lstat().st_mtime_ns for path in venv.rglob("*")} == before


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml", "scripts/set_up.py"])
def test_a_changed_input_of_the_venv_repeats_the_set_up(finished: Project, name: str) -> None:
    finished.add_java("17.0.15")
    with (finished.root / name).open("a") as file:
        file.write("# changed\n")
    assert "pins no uv" in finished.set_up().stderr


def test_a_moved_venv_repeats_the_set_up(finished: Project, tmp_path: Path) -> None:
    finished.add_java("17.0.15")
    moved = tmp_path / "moved"
    moved.mkdir()
    for name in ("requirements.lock", "pyproject.toml", "scripts", ".venv", "path"):
        (tmp_path / name).rename(moved / name)
    finished.script = moved / "scripts" / "set_up.py"
    finished.path = moved / "path"
    assert "pins no uv" in finished.set_up().stderr


def test_what_a_link_points_to_is_left_as_it_is(project: Project, tmp_path: Path) -> None:
    project.add_java("17.0.9")
    others = tmp_path / "others"
    (others / "bin").mkdir(parents=True)
    (project.root / ".venv").symlink_to(others)

    said = project.set_up()

    assert said.returncode == RED
    assert f".venv is a link to {others}: remove it" in said.stderr
    assert (others / "bin").is_dir()


def test_a_venv_without_its_python_repeats_the_set_up(finished: Project) -> None:
    finished.add_java("17.0.15")
    (finished.root / ".venv" / "bin" / "python").unlink()
    assert "pins no uv" in finished.set_up().stderr


def test_the_lock_names_no_index_and_hashes_every_package() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    named = re.findall(
        r"^.*(?:://|index-url|--index|find-links|trusted-host).*$", lock, re.MULTILINE
    )
    assert named == []
    entries = [entry for entry in lock.replace("\\\n", " ").splitlines() if "==" in entry]
    assert entries
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []
