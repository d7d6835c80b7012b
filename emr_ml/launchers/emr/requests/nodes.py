"""The nodes that a RunJobFlow request asks for: fleets, groups, or one type and a number."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

ROLE_NAMES = {"MASTER": "primary", "CORE": "core", "TASK": "task"}


@dataclass(frozen=True)
class Nodes:
    """The nodes of one fleet or group in one market.

    Args:
        name: of the fleet or group.
        market: `ON_DEMAND` or `SPOT`.
        units: number of units; in groups, an instance is one unit.
        weights: units of an instance, by the instance types that may be chosen.
    """

    name: str
    market: str
    units: int
    weights: Mapping[str, int]

    @property
    def max_instances(self) -> int:
        """The number of instances if all are of the type with the fewest units."""
        return ceil(self.units / min(self.weights.values(), default=1))


def requested_nodes(request: Mapping[str, Any]) -> Iterator[Nodes]:
    """Yield the nodes of a valid RunJobFlow request."""
    instances = request["Instances"]
    for fleet in instances.get("InstanceFleets") or ():
        yield from _fleet_nodes(fleet)
    for group in instances.get("InstanceGroups") or ():
        name = group.get("Name") or ROLE_NAMES[group["InstanceRole"]]
        market = group.get("Market", "ON_DEMAND")
        yield Nodes(name, market, group["InstanceCount"], {group["InstanceType"]: 1})
    if primary := instances.get("MasterInstanceType"):
        yield Nodes("primary", "ON_DEMAND", 1, {primary: 1})
        if others := instances.get("InstanceCount", 1) - 1:
            other = instances.get("SlaveInstanceType", primary)
            yield Nodes("core", "ON_DEMAND", others, {other: 1})


def _fleet_nodes(fleet: Mapping[str, Any]) -> Iterator[Nodes]:
    weights = {
        each["InstanceType"]: each.get("WeightedCapacity") or 1
        for each in fleet.get("InstanceTypeConfigs", ())
    }
    name = fleet.get("Name") or ROLE_NAMES[fleet["InstanceFleetType"]]
    for market, capacity in (
        ("ON_DEMAND", "TargetOnDemandCapacity"),
        ("SPOT", "TargetSpotCapacity"),
    ):
        if units := fleet.get(capacity, 0):
            yield Nodes(name, market, units, weights)
