"""Wheelhouses: the nodes' Python packages in the lake, for subnets without a way to an index."""

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement

from emr_ml.errors import UserError
from emr_ml.lake.versions import digest
from emr_ml.launchers.emr.config.model import ClusterConfig
from emr_ml.settings import ROOT
from spark_jobs.runtime.content import content_of
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.lake.base import as_json

BOOTSTRAP = ROOT / "bootstrap"
REQUIREMENTS = "requirements.txt"
COMPLETE = "wheels.json"  # written last, and the script on the nodes looks for it
GLIBCS = range(34, 16, -1)  # Amazon Linux 2023 has 2.34
RELEASE_PYTHON = "3.11"  # what the releases that we know start PySpark with
ARM = re.compile(r"(a1|[a-z]+\d+g[a-z]*)\.")  # the letter after the number tells the processor
OFFLINE = re.compile(r"Retrying \(Retry|ConnectionError|Timeout")


class WheelhouseError(UserError):
    """Why there is no wheelhouse, and what to do."""


@dataclass(frozen=True, order=True)
class Platform:
    """What a wheel with compiled code is made for, such as Python 3.11 on x86_64."""

    python: str
    arch: str

    @property
    def folder(self) -> str:
        """The name that a node finds its own folder by."""
        return f"cp{self.python.replace('.', '')}-{self.arch}"

    @property
    def command(self) -> str:
        return f"emr-ml wheelhouse --arch {self.arch} --python {self.python}"


def read_requirements() -> bytes:
    """What the nodes' Python lacks: every package pinned and hashed."""
    return (BOOTSTRAP / REQUIREMENTS).read_bytes()


def wheelhouse_key(requirements: bytes) -> str:
    """Key of the wheelhouse of these requirements; below it is one folder for each platform."""
    return f"wheelhouse/{digest({'requirements': requirements.decode()})}"


def platforms(config: ClusterConfig) -> set[Platform]:
    """Those of the nodes that the configuration may ask for."""
    named = re.search(r"python(3\.\d+)$", config.python or "")
    fleets = [fleet for fleet in (config.primary, config.core, config.task) if fleet.units]
    return {
        Platform(
            python=named[1] if named else RELEASE_PYTHON,
            arch="aarch64" if ARM.match(offered.type) else "x86_64",
        )
        for fleet in fleets
        for offered in fleet.instance_types
    }


def check_wheelhouse(lake: Lake, requirements: bytes, config: ClusterConfig) -> None:
    """Raises WheelhouseError unless the lake has the wheels for every node of the cluster."""
    key = wheelhouse_key(requirements)
    there = {entry.key for entry in lake.list(f"{key}/")}
    wanted = sorted(platforms(config))
    missing = [each for each in wanted if f"{key}/{each.folder}/{COMPLETE}" not in there]
    if missing:
        commands = " and ".join(f"`{each.command}`" for each in missing)
        raise WheelhouseError(
            f"`packages: wheelhouse` needs {lake.uri(key)}, which has nothing for "
            f"{', '.join(each.folder for each in missing)}: run {commands}, then this again"
        )


def has_wheels(lake: Lake, requirements: bytes, platform: Platform) -> bool:
    """Whether that platform's folder is complete."""
    return lake.read(f"{wheelhouse_key(requirements)}/{platform.folder}/{COMPLETE}") is not None


def build_wheelhouse(lake: Lake, requirements: bytes, platform: Platform) -> dict[str, int]:
    """Download the wheels for a platform and upload those that are not there; sizes by name.

    Raises:
        WheelhouseError: pip can't download them.
        JobError: a file changed while it was uploaded.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wheels = download(requirements, platform, folder)
        key = f"{wheelhouse_key(requirements)}/{platform.folder}"
        contents = {wheel.name: content_of(wheel) for wheel in wheels}
        for wheel in wheels:
            lake.upload(wheel, f"{key}/{wheel.name}", contents[wheel.name])
        lake.create(f"{key}/{COMPLETE}", as_json({"wheels": contents}))
        return {wheel.name: wheel.stat().st_size for wheel in wheels}


def download(requirements: bytes, platform: Platform, folder: Path) -> list[Path]:
    """The wheels for a platform that need not be this machine's, checked by their hashes."""
    wanted = folder / "requirements.txt"
    wanted.write_text("".join(f"{line}\n" for line in pins_for(requirements, platform)))
    tags = [f"manylinux_2_{minor}_{platform.arch}" for minor in GLIBCS]
    tags += [f"manylinux2014_{platform.arch}"]
    command = [
        *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"),
        # the requirements are complete, and pip would judge by this Python what else is needed
        *("--no-input", "--no-deps", "--require-hashes", "--only-binary=:all:"),
        *("--implementation", "cp", "--python-version", platform.python),
        *(f"--platform={tag}" for tag in tags),
        *("--requirement", str(wanted), "--dest", str(folder)),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise WheelhouseError(f"{done.stderr.strip()}\n{_advice(done.stderr)}")
    return sorted(folder.glob("*.whl"))


def pins_for(requirements: bytes, platform: Platform) -> Iterator[str]:
    """The requirements that hold for a platform, one a line, with hashes and without markers.

    pip judges markers by the Python that it runs on, not by the one that it downloads for.
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
        wanted = Requirement(pin.strip())
        if wanted.marker is None or wanted.marker.evaluate(environment):
            options = "".join(f" --hash={each.strip()}" for each in hashes)
            yield f"{wanted.name}{wanted.specifier}{options}"


def _advice(said: str) -> str:
    if "No module named pip" in said:
        return f"this Python has no pip: run `{sys.executable} -m ensurepip`, then this again"
    if "DO NOT MATCH THE HASHES" in said:
        return "the index serves another file than the one that was pinned: find out who changed it"
    if OFFLINE.search(said):
        return "the package index can't be reached: check the network and pip's settings"
    if "No matching distribution" in said:
        return "the index has no such wheel: choose another Python, or check pip's settings"
    return "pip can't download the wheels: it says above why"
