"""EMR's managed scaling: how it counts, which differs between instance fleets and groups."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from emr_ml.launchers.remote.configuration import Mistake

if TYPE_CHECKING:
    from emr_ml.launchers.emr.config.model import ClusterConfig

FLEET_UNIT = "InstanceFleetUnits"  # the only unit that EMR supports for instance fleets
GROUP_UNITS = ("Instances", "VCPU")
UNIT_PATH = ("overrides", "ManagedScalingPolicy", "ComputeLimits", "UnitType")


def check_scaling_unit(config: "ClusterConfig") -> Iterator[Mistake]:
    """Yield a mistake if managed scaling counts what the cluster does not have.

    EMR's API reference, ComputeLimits: fleets are measured in their units, groups in instances or
    vCPU. The overrides must be valid.
    """
    instances: Mapping[str, Any] = config.overrides.get("Instances") or {}
    has_groups = "InstanceFleets" in instances and not instances["InstanceFleets"]
    policy = config.overrides.get("ManagedScalingPolicy", {})
    if policy is None or not (policy or config.managed_scaling):
        return
    overridden = (policy.get("ComputeLimits") or {}).get("UnitType")
    unit = overridden or (FLEET_UNIT if config.managed_scaling else None)
    path = UNIT_PATH if overridden else ("managed_scaling",)
    if has_groups and unit == FLEET_UNIT:
        yield (
            path,
            (
                f"counts {FLEET_UNIT}, but the overrides have instance groups instead of fleets: "
                f"set {'.'.join(UNIT_PATH)} to {' or '.join(GROUP_UNITS)}, and give the limits in "
                "that unit"
            ),
        )
    if not has_groups and unit in GROUP_UNITS:
        yield path, f"EMR counts {unit} only for instance groups: set {FLEET_UNIT} for fleets"
