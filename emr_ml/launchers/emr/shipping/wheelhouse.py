"""Which wheels the nodes of a cluster need, and whether the lake has them."""

import re

from emr_ml.launchers.emr.config.model import ClusterConfig
from emr_ml.launchers.remote.wheels import (
    COMPLETE,
    RELEASE_PYTHON,
    Platform,
    WheelhouseError,
    wheelhouse_key,
)
from spark_jobs.runtime.lake import Lake

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
        WheelhouseError: wheels of a platform are missing.
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
        raise WheelhouseError(
            f"`packages: wheelhouse` needs {lake.uri(key)}, which has nothing for {folders}",
            fix=f"run {commands}, then this again",
        )
