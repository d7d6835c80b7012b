"""Wheels of the Python packages that jobs need, for another machine than this one."""

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement

from emr_ml.errors import UserError
from emr_ml.project import shipped

BOOTSTRAP = shipped("bootstrap")
REQUIREMENTS = "requirements.txt"
GLIBC_MINORS = range(34, 16, -1)  # Amazon Linux 2023 has glibc 2.34
RELEASE_PYTHON = "3.11"  # with which all known releases of EMR start PySpark
INDEX_UNREACHABLE = re.compile(r"Retrying \(Retry|ConnectionError|Timeout")


class WheelsError(UserError):
    """Wheels can't be had: the message has the reason and what to do."""


@dataclass(frozen=True, order=True)
class Platform:
    """The platform of a wheel with compiled code, such as Python 3.11 on x86_64."""

    python: str
    arch: str

    @property
    def folder(self) -> str:
        """The name by which a node finds its folder."""
        return f"cp{self.python.replace('.', '')}-{self.arch}"

    @property
    def command(self) -> str:
        return f"emr-ml wheelhouse --arch {self.arch} --python {self.python}"


def read_requirements() -> bytes:
    """Return the packages that the nodes' Python lacks, all pinned and hashed."""
    return (BOOTSTRAP / REQUIREMENTS).read_bytes()


def download(requirements: bytes, platform: Platform, folder: Path) -> list[Path]:
    """Download the wheels for a platform, which need not be this machine's, and check their hashes.

    Raises:
        WheelsError: pip can't download them.
    """
    pins = folder / "requirements.txt"
    pins.write_text("".join(f"{line}\n" for line in pins_for(requirements, platform)))
    tags = [f"manylinux_2_{minor}_{platform.arch}" for minor in GLIBC_MINORS]
    tags += [f"manylinux2014_{platform.arch}"]
    command = [
        *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"),
        # without dependencies: the requirements are complete, and pip would resolve for this Python
        *("--no-input", "--no-deps", "--require-hashes", "--only-binary=:all:"),
        *("--implementation", "cp", "--python-version", platform.python),
        *(f"--platform={tag}" for tag in tags),
        *("--requirement", str(pins), "--dest", str(folder)),
    ]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise WheelsError(f"{result.stderr.strip()}\n{_advice(result.stderr)}")
    return sorted(folder.glob("*.whl"))


def pins_for(requirements: bytes, platform: Platform) -> Iterator[str]:
    """Yield the requirements that apply to a platform, with hashes and without markers.

    pip evaluates markers for the Python that it runs on, not for the one that it downloads for.
    """
    environment = {
        "python_version": platform.python,
        "python_full_version": f"{platform.python}.0",
        "platform_machine": platform.arch,
        "platform_system": "Linux",
        "sys_platform": "linux",
    }
    for line in requirements.decode().replace("\\\n", " ").splitlines():
        pin, *hashes = line.split(" --hash=")
        if not pin.strip() or pin.startswith("#"):
            continue
        requirement = Requirement(pin.strip())
        if requirement.marker is None or requirement.marker.evaluate(environment):
            options = "".join(f" --hash={each.strip()}" for each in hashes)
            yield f"{requirement.name}{requirement.specifier}{options}"


def _advice(output: str) -> str:
    if "No module named pip" in output:
        return f"this Python has no pip: run `{sys.executable} -m ensurepip`, then this again"
    if "DO NOT MATCH THE HASHES" in output:
        return "the index serves another file than the pinned one: find out who changed it"
    if INDEX_UNREACHABLE.search(output):
        return "the package index can't be reached: check the network and pip's settings"
    if "No matching distribution" in output:
        return "the index has no such wheel: choose another Python, or check pip's settings"
    return "pip can't download the wheels: see its output above"
