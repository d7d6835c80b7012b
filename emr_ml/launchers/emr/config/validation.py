"""Rules between the fields of a cluster configuration: derived values, conflicts and notes."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from emr_ml.launchers.emr.config.scaling import check_scaling_unit
from emr_ml.launchers.remote.configuration import Mistake, is_secret
from emr_ml.launchers.remote.releases import check_release, release_defaults, release_notes
from emr_ml.launchers.remote.service_model import mistakes

if TYPE_CHECKING:
    from emr_ml.launchers.emr.config.model import ClusterConfig

# fields of RunJobFlow on which more depends than the request; overriding one sets our field
FIELDS_OF_OVERRIDES = {
    "ReleaseLabel": "release_label",
    "LogUri": "log_uri",
    "StepConcurrencyLevel": "step_concurrency",
}
MIN_IDLE_SECONDS = 60  # EMR's limit
# Spark properties that the launcher sets itself, and why
RESERVED_PROPERTIES = {
    "spark.master": "steps run on YARN",
    "spark.submit.deployMode": "steps run in client mode, so that a step ends with its job",
    "spark.submit.pyFiles": "it holds the packed code",
    "spark.app.name": "it names the attempt",
    "spark.driver.memory": "use driver_memory_gb, which is checked against step_concurrency",
}
GIB_PER_VCPU = {"c": 2, "m": 4, "r": 8}
INSTANCE_TYPE = re.compile(r"(?P<family>[cmr])(?P<generation>\d+)[a-z-]*\.(?P<times>\d*)x?large")


def derive_fields(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values with the fields that follow from overrides and from the release."""
    result = dict(values)
    overrides = result.get("overrides")
    if isinstance(overrides, Mapping):
        for name in FIELDS_OF_OVERRIDES.keys() & overrides.keys():
            result[FIELDS_OF_OVERRIDES[name]] = overrides[name]
        result["overrides"] = {
            name: value for name, value in overrides.items() if name not in FIELDS_OF_OVERRIDES
        }
    label = result.get("release_label")
    if isinstance(label, str):
        result = release_defaults(label) | result
    return result


def check(config: "ClusterConfig") -> Iterator[Mistake]:
    """Yield each conflict between fields, and each value that EMR does not accept."""
    invalid = list(mistakes("RunJobFlow", config.overrides, partial=True))
    yield from ((("overrides", *path), problem) for path, problem in invalid)
    if not invalid:
        yield from ((("overrides", *path), problem) for path, problem in _check_overrides(config))
        yield from _check_driver_memory(config)
        yield from check_scaling_unit(config)
    yield from _check_fleets(config)
    yield from _check_spark_conf(config)
    yield from _check_tags(config)
    yield from check_release(config)
    if config.runtime_role and not config.security_configuration:
        problem = "needs a security_configuration that has EnableApplicationScopedIAMRole"
        yield ("runtime_role",), problem
    if len(set(config.subnets)) < len(config.subnets):
        yield ("subnets",), "names a subnet twice"


def notes(config: "ClusterConfig") -> Iterator[str]:
    """Yield a note for each choice that is valid, but seldom intended."""
    yield from release_notes(config)
    for role, fleet in (("primary", config.primary), ("core", config.core)):
        if fleet.spot:
            yield f"{role} is on spot: if AWS reclaims it, the cluster and its steps are lost"
    if config.task.spot and len(config.task.instance_types) == 1:
        yield "task has one instance type: with several, spot is cheaper and interrupted less"
    for role in ("primary", "core", "task"):
        fleet = getattr(config, role)
        if fleet.spot and fleet.spot_timeout_minutes * 60 >= config.start_limit_seconds:
            yield (
                f"{role} waits {fleet.spot_timeout_minutes} minutes for spot, but a cluster is "
                f"given up after {config.start_limit_seconds} seconds (start_limit_seconds)"
            )


def smallest_primary(config: "ClusterConfig") -> int | None:
    """Return the GiB of the smallest type that the primary may have, or None if unknown."""
    sizes = [instance_size(name) for name in _primary_types(config)]
    known = [size.memory for size in sizes if size]
    return min(known) if known and len(known) == len(sizes) else None


@dataclass(frozen=True)
class InstanceSize:
    """The number of vCPU of an instance, and its memory in GiB."""

    vcpu: int
    memory: int


def instance_size(instance_type: str) -> InstanceSize | None:
    """Return the size by AWS's rule for families c, m and r, or None where the rule doesn't hold.

    `large` has 2 vCPU, `xlarge` 4, and `<n>xlarge` n times as many. A few types have more memory.
    """
    match = INSTANCE_TYPE.fullmatch(instance_type)
    # generations before the fifth follow another rule
    if not match or int(match["generation"]) < 5:
        return None
    vcpu = 4 * int(match["times"] or 1) if ".large" not in instance_type else 2
    return InstanceSize(vcpu, vcpu * GIB_PER_VCPU[match["family"]])


def _check_fleets(config: "ClusterConfig") -> Iterator[Mistake]:
    if config.primary.units != 1:
        yield ("primary",), f"has 1 unit, on_demand or spot, not {config.primary.units}"
    if any(each.weight != 1 for each in config.primary.instance_types):
        yield ("primary", "instance_types"), "EMR accepts no weights in this fleet"
    if config.task.units and not config.core.units:
        yield ("core",), "has no units: task nodes need at least one core node, which has HDFS"
    if config.managed_scaling and not config.core.units:
        yield ("managed_scaling",), "needs at least one unit in core"


def _check_driver_memory(config: "ClusterConfig") -> Iterator[Mistake]:
    primary, drivers = smallest_primary(config), config.step_concurrency
    if not primary:
        return
    memory = config.driver_memory_gb
    if memory and memory * drivers >= primary:
        problem = (
            f"{memory} GB for each of {drivers} drivers do not fit into a primary of {primary} GiB"
        )
        yield ("driver_memory_gb",), problem
    if not memory and drivers > primary // 2:
        problem = (
            f"leaves no GB for each driver in half of a primary of {primary} GiB: choose a larger "
            f"primary, or at most {primary // 2} steps"
        )
        yield ("step_concurrency",), problem


def _primary_types(config: "ClusterConfig") -> list[str]:
    """Return the instance types that the primary may have, those of overrides included."""
    instances: Mapping[str, Any] = config.overrides.get("Instances") or {}
    fleets = instances.get("InstanceFleets") or []
    groups = instances.get("InstanceGroups") or []
    configs = [
        each
        for fleet in fleets
        if _has_role(fleet, "MASTER")
        for each in fleet.get("InstanceTypeConfigs") or []
    ]
    configs += [group for group in groups if _has_role(group, "MASTER")]
    if "InstanceFleets" in instances:
        names = [each.get("InstanceType", "") for each in configs]
        return names or [instances.get("MasterInstanceType") or ""]
    return [each.type for each in config.primary.instance_types]


def _has_role(instances: Mapping[str, Any], role: str) -> bool:
    return role in (instances.get("InstanceFleetType"), instances.get("InstanceRole"))


def _check_spark_conf(config: "ClusterConfig") -> Iterator[Mistake]:
    for key, value in config.spark_conf.items():
        path = ("spark_conf", key)
        if not key.startswith("spark."):
            yield path, "Spark's properties start with spark."
        elif is_secret(key, value):
            problem = "would be visible in the step's arguments: give the instance profile rights"
            yield path, problem
        elif key in RESERVED_PROPERTIES:
            yield path, f"is set by the launcher: {RESERVED_PROPERTIES[key]}"


def _check_tags(config: "ClusterConfig") -> Iterator[Mistake]:
    for key, value in config.tags.items():
        if not 1 <= len(key) <= 128 or len(value) > 256 or key.lower().startswith("aws:"):
            problem = (
                "AWS accepts keys of 1 to 128 characters that don't start with aws:, and values of "
                "up to 256"
            )
            yield ("tags", key), problem


def _check_overrides(config: "ClusterConfig") -> Iterator[Mistake]:
    """Yield overrides that would break what the launcher promises, or EMR's rules."""
    overrides = config.overrides
    for field, reason in (
        ("Name", "clusters are found by the name that the launcher gives"),
        ("Steps", "steps are added by the launcher"),
    ):
        if field in overrides:
            yield (field,), f"can't be overridden: {reason}"
    if "AutoTerminationPolicy" in overrides:
        policy = overrides["AutoTerminationPolicy"]
        idle = policy.get("IdleTimeout", 0) if isinstance(policy, dict) else None
        if not isinstance(idle, int) or idle > config.idle_timeout_seconds:
            problem = (
                "every cluster must end itself when it is idle, at the latest after "
                f"idle_timeout_seconds, which is {config.idle_timeout_seconds}"
            )
            yield ("AutoTerminationPolicy",), problem
        elif "IdleTimeout" in policy and idle < MIN_IDLE_SECONDS:
            problem = f"should be at least {MIN_IDLE_SECONDS}"
            yield ("AutoTerminationPolicy", "IdleTimeout"), problem
    instances = overrides.get("Instances")
    if isinstance(instances, dict):
        for path, problem in _check_instances(instances, config):
            yield ("Instances", *path), problem


def _check_instances(instances: Mapping[str, Any], config: "ClusterConfig") -> Iterator[Mistake]:
    if instances.get("KeepJobFlowAliveWhenNoSteps", True) is not True:
        yield ("KeepJobFlowAliveWhenNoSteps",), "the cluster would end before it gets a step"
    if instances.get("TerminationProtected"):
        yield ("TerminationProtected",), "the cluster could not be terminated through EMR's API"
    without_fleets = "InstanceFleets" in instances and not instances["InstanceFleets"]
    for field in ("InstanceGroups", "MasterInstanceType", "SlaveInstanceType", "InstanceCount"):
        if instances.get(field) and not without_fleets:
            yield (field,), "excludes instance fleets: also set InstanceFleets to null"
    placements = [name for name in ("Ec2SubnetId", "Placement") if instances.get(name)]
    subnets = instances.get("Ec2SubnetIds", config.subnets)
    if placements and (subnets or len(placements) > 1):
        problem = "EMR accepts either subnets, one subnet or a placement: give one of them"
        yield (placements[0],), problem
