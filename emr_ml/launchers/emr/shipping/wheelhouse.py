"""Wheelhouses: the nodes' Python packages in the lake, for subnets that can't reach an index."""

import re
import tempfile
from pathlib import Path

from emr_ml.lake.versions import digest
from emr_ml.launchers.emr.config.model import ClusterConfig
from emr_ml.launchers.remote.wheels import RELEASE_PYTHON, Platform, WheelsError, download
from spark_jobs.runtime.content import content_of
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.lake.base import as_json

COMPLETE = "wheels.json"  # written last; the bootstrap script on the nodes looks for it
ARM_TYPE = re.compile(r"(a1|[a-z]+\d+g[a-z]*)\.")  # the letter g after the number means ARM


def platforms(config: ClusterConfig) -> set[Platform]:
    """Return the platforms of all nodes that the configuration may start."""
    match = re.search(r"python(3\.\d+)$", config.python or "")
    fleets = [fleet for fleet in (config.primary, config.core, config.task) if fleet.units]
    return {
        Platform(
            python=match[1] if match else RELEASE_PYTHON,
            arch="aarch64" if ARM_TYPE.match(instance_type.type) else "x86_64",
        )
        for fleet in fleets
        for instance_type in fleet.instance_types
    }


def check_wheelhouse(lake: Lake, requirements: bytes, config: ClusterConfig) -> None:
    """Check that the lake has the wheels for every node of the cluster.

    Raises:
        WheelsError: wheels of a platform are missing.
    """
    key = wheelhouse_key(requirements)
    present = {entry.key for entry in lake.list(f"{key}/")}
    missing = [
        platform
        for platform in sorted(platforms(config))
        if f"{key}/{platform.folder}/{COMPLETE}" not in present
    ]
    if missing:
        commands = " and ".join(f"`{each.command}`" for each in missing)
        folders = ", ".join(each.folder for each in missing)
        raise WheelsError(
            f"`packages: wheelhouse` needs {lake.uri(key)}, which has nothing for {folders}",
            fix=f"run {commands}, then this again",
        )


def wheelhouse_key(requirements: bytes) -> str:
    """Return the key of the requirements' wheelhouse, which has one folder for each platform."""
    return f"wheelhouse/{digest({'requirements': requirements.decode()})}"


def has_wheels(lake: Lake, requirements: bytes, platform: Platform) -> bool:
    """Return True if the platform's folder is complete."""
    return lake.read(f"{wheelhouse_key(requirements)}/{platform.folder}/{COMPLETE}") is not None


def build_wheelhouse(lake: Lake, requirements: bytes, platform: Platform) -> dict[str, int]:
    """Download the wheels for a platform, upload them to the lake, and return sizes by name.

    Raises:
        WheelsError: pip can't download them.
        JobError: a file changed during its upload.
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
