"""What must hold between the fields of a cluster configuration."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from emr_ml.launchers.emr.config.service_model import Mistake, mistakes

if TYPE_CHECKING:
    from emr_ml.launchers.emr.config.model import ClusterConfig

GIB_PER_VCPU = {"c": 2, "m": 4, "r": 8}
INSTANCE_TYPE = re.compile(r"(?P<family>[cmr])(?P<generation>\d+)[a-z-]*\.(?P<times>\d*)x?large")


@dataclass(frozen=True)
class InstanceSize:
    """What an instance has; `memory` is in GiB."""

    vcpu: int
    memory: int


def instance_size(instance_type: str) -> InstanceSize | None:
    """The size by AWS's rule for families c, m and r; None where the rule doesn't hold.

    `large` has 2 vCPU, `xlarge` 4, and `<n>xlarge` n times as many. A few types have more memory.
    """
    found = INSTANCE_TYPE.fullmatch(instance_type)
    # generations before the fifth go by another rule
    if not found or int(found["generation"]) < 5:
        return None
    vcpu = 4 * int(found["times"] or 1) if ".large" not in instance_type else 2
    return InstanceSize(vcpu, vcpu * GIB_PER_VCPU[found["family"]])


# the release of Spark that a release of EMR has
RELEASES = {
    "emr-spark-8.1.0": "4.1.1",
    "emr-spark-8.0.0": "4.0.2",
    "emr-7.14.0": "3.5.8",
    "emr-7.13.0": "3.5.6",
}
# fields of RunJobFlow that more depends on than the request
LIFTED = {
    "ReleaseLabel": "release_label",
    "LogUri": "log_uri",
    "StepConcurrencyLevel": "step_concurrency",
}
SECRET = re.compile(r"secret|passw|session[._-]?token|access[._-]?key", re.IGNORECASE)
OWN_CONF = {
    "spark.master": "steps run on YARN",
    "spark.submit.deployMode": "steps run in client mode, so that their end is the job's",
    "spark.submit.pyFiles": "the packed code is there",
    "spark.app.name": "the name tells the attempt",
    "spark.driver.memory": "use driver_memory_gb, which is checked against step_concurrency",
}


def lifted(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as written, with what follows from them."""
    result = dict(values)
    overrides = result.get("overrides")
    if isinstance(overrides, Mapping):
        for name in LIFTED.keys() & overrides.keys():
            result[LIFTED[name]] = overrides[name]
        result["overrides"] = {
            name: value for name, value in overrides.items() if name not in LIFTED
        }
    label = result.get("release_label")
    if isinstance(label, str):
        result.setdefault("spark", RELEASES.get(label, ""))
        # on 7.x the default is 3.9, for which there is no boto3 any more
        result.setdefault("python", "/usr/bin/python3.11" if _is_7(label) else None)
    return result


def check(config: "ClusterConfig") -> Iterator[Mistake]:
    """Every place in which fields contradict each other, or a limit of EMR."""
    unknown = list(mistakes("RunJobFlow", config.overrides, partial=True))
    yield from ((("overrides", *place), what) for place, what in unknown)
    if not unknown:
        yield from ((("overrides", *place), what) for place, what in _promises(config))
        yield from _memory(config)
    yield from _fleets(config)
    yield from _words(config)
    known = RELEASES.get(config.release_label, config.spark)
    if known != config.spark:
        yield ("spark",), f"{config.release_label} has Spark {known}, not {config.spark}"
    if config.runtime_role and not config.security_configuration:
        what = "needs a security_configuration that has EnableApplicationScopedIAMRole"
        yield ("runtime_role",), what
    if len(set(config.subnets)) < len(config.subnets):
        yield ("subnets",), "names a subnet twice"


def notes(config: "ClusterConfig") -> Iterator[str]:
    """What is allowed, but seldom meant."""
    if _is_7(config.release_label):
        yield (
            f"{config.release_label} has Spark {config.spark} and Python {config.python}: results "
            "have other versions than those of Spark 4.1.1, whose ANSI mode finds more errors"
        )
    for role, fleet in (("primary", config.primary), ("core", config.core)):
        if fleet.spot:
            yield f"{role} is on spot: when AWS takes it back, the cluster and its steps are lost"
    if config.task.spot and len(config.task.instance_types) == 1:
        yield "task has one instance type: with several, spot is cheaper and stays longer"
    for role in ("primary", "core", "task"):
        fleet = getattr(config, role)
        if fleet.spot and fleet.spot_timeout_minutes * 60 >= config.start_limit_seconds:
            yield (
                f"{role} waits {fleet.spot_timeout_minutes} minutes for spot, but a cluster is "
                f"given up after {config.start_limit_seconds} seconds (start_limit_seconds)"
            )


def _is_7(label: str) -> bool:
    return label.startswith("emr-7.")


def _fleets(config: "ClusterConfig") -> Iterator[Mistake]:
    if config.primary.units != 1:
        yield ("primary",), f"has 1 unit, on_demand or spot, not {config.primary.units}"
    if any(each.weight != 1 for each in config.primary.instance_types):
        yield ("primary", "instance_types"), "EMR takes no weights in this fleet"
    if config.task.units and not config.core.units:
        yield ("core",), "has no units: task nodes need at least one core node, which has HDFS"
    if config.managed_scaling and not config.core.units:
        yield ("managed_scaling",), "needs at least one unit in core"


def _memory(config: "ClusterConfig") -> Iterator[Mistake]:
    smallest, steps = smallest_primary(config), config.step_concurrency
    wanted = config.driver_memory_gb
    if smallest and wanted and wanted * steps >= smallest:
        what = (
            f"{wanted} GB for each of {steps} drivers do not fit into a primary of {smallest} GiB"
        )
        yield ("driver_memory_gb",), what
    if smallest and not wanted and steps > smallest // 2:
        yield (
            ("step_concurrency",),
            (
                f"leaves no GB for each driver in half of a primary of {smallest} GiB: take a "
                f"larger primary, or at most {smallest // 2} steps"
            ),
        )


def smallest_primary(config: "ClusterConfig") -> int | None:
    """GiB of memory of the smallest type that the primary may become; None if it is not known."""
    sizes = [instance_size(name) for name in _primary_types(config)]
    known = [size.memory for size in sizes if size]
    return min(known) if known and len(known) == len(sizes) else None


def _primary_types(config: "ClusterConfig") -> list[str]:
    instances: Mapping[str, Any] = config.overrides.get("Instances") or {}
    fleets = instances.get("InstanceFleets") or []
    groups = instances.get("InstanceGroups") or []
    configs = [fleet.get("InstanceTypeConfigs") or [] for fleet in fleets if _is(fleet, "MASTER")]
    configs.append([group for group in groups if _is(group, "MASTER")])
    found = [each.get("InstanceType", "") for fleet in configs for each in fleet]
    if "InstanceFleets" in instances:
        return found or [instances.get("MasterInstanceType") or ""]
    return [each.type for each in config.primary.instance_types]


def _is(instances: Mapping[str, Any], role: str) -> bool:
    return role in (instances.get("InstanceFleetType"), instances.get("InstanceRole"))


def _words(config: "ClusterConfig") -> Iterator[Mistake]:
    for key in config.spark_conf:
        place = ("spark_conf", key)
        if not key.startswith("spark."):
            yield place, "Spark's properties start with spark."
        elif SECRET.search(key):
            yield place, "would be seen in the step's arguments: give the instance profile rights"
        elif key in OWN_CONF:
            yield place, f"is set by the launcher: {OWN_CONF[key]}"
    for key, value in config.tags.items():
        if not 1 <= len(key) <= 128 or len(value) > 256 or key.lower().startswith("aws:"):
            yield (
                ("tags", key),
                (
                    "AWS takes keys of 1 to 128 characters that don't start with aws:, and values "
                    "of up to 256"
                ),
            )


def _promises(config: "ClusterConfig") -> Iterator[Mistake]:
    """Overrides that would break what the launcher promises, or EMR's rules."""
    overrides = config.overrides
    for field, why in (
        ("Name", "clusters are found by the name that the launcher gives"),
        ("Steps", "steps are added by the launcher"),
    ):
        if field in overrides:
            yield (field,), f"can't be overridden: {why}"
    if "AutoTerminationPolicy" in overrides:
        policy = overrides["AutoTerminationPolicy"]
        idle = policy.get("IdleTimeout", 0) if isinstance(policy, dict) else None
        if not isinstance(idle, int) or idle > config.idle_timeout_seconds:
            yield (
                ("AutoTerminationPolicy",),
                (
                    "every cluster ends itself when it is idle, at the latest after "
                    f"idle_timeout_seconds, which is {config.idle_timeout_seconds}"
                ),
            )
        elif "IdleTimeout" in policy and idle < 60:
            yield ("AutoTerminationPolicy", "IdleTimeout"), "should be at least 60"
    instances = overrides.get("Instances")
    if isinstance(instances, dict):
        yield from ((("Instances", *place), what) for place, what in _instances(instances, config))


def _instances(instances: Mapping[str, Any], config: "ClusterConfig") -> Iterator[Mistake]:
    if instances.get("KeepJobFlowAliveWhenNoSteps", True) is not True:
        yield ("KeepJobFlowAliveWhenNoSteps",), "the cluster would end before it gets a step"
    if instances.get("TerminationProtected"):
        yield ("TerminationProtected",), "nobody could end the cluster through EMR's API"
    replaced = "InstanceFleets" in instances and not instances["InstanceFleets"]
    for field in ("InstanceGroups", "MasterInstanceType", "SlaveInstanceType", "InstanceCount"):
        if instances.get(field) and not replaced:
            yield (field,), "excludes instance fleets: also set InstanceFleets to null"
    placed = [name for name in ("Ec2SubnetId", "Placement") if instances.get(name)]
    subnets = instances.get("Ec2SubnetIds", config.subnets)
    if placed and (subnets or len(placed) > 1):
        yield (placed[0],), "EMR takes either subnets, one subnet or a placement: give one of them"
