"""Fleets and managed scaling of a RunJobFlow request as fields of ours, if they say the same."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from emr_ml.launchers.emr.config.model import ClusterConfig
from emr_ml.launchers.emr.requests.job_flow import fleet_requests, scaling_request

ROLES = {"MASTER": "primary", "CORE": "core", "TASK": "task"}
SPOT_FIELDS = {
    "AllocationStrategy": "allocation_strategy",
    "TimeoutDurationMinutes": "spot_timeout_minutes",
    "TimeoutAction": "spot_timeout_action",
}
SCALING_FIELDS = {
    "MinimumCapacityUnits": "minimum",
    "MaximumCapacityUnits": "maximum",
    "MaximumOnDemandCapacityUnits": "max_on_demand",
    "MaximumCoreCapacityUnits": "max_core",
}
PRICE = "BidPriceAsPercentageOfOnDemandPrice"
FULL_PRICE = 100.0  # EMR's default for PRICE, in percent


def fleet_fields(
    fleets: Sequence[Mapping[str, Any]], policy: Mapping[str, Any] | None
) -> dict[str, Any] | None:
    """Return `primary`, `core`, `task` and `managed_scaling`, or None if they can't say the same.

    They can if the request that is made from them is equal, up to EMR's own defaults and the names
    of fleets.
    """
    by_role = {ROLES.get(str(fleet.get("InstanceFleetType"))): fleet for fleet in fleets}
    if len(by_role) < len(fleets) or None in by_role:
        return None
    fields: dict[str, Any] = {"core": {"on_demand": 0}, "task": {"spot": 0}}
    fields |= {role: _fleet_fields(fleet) for role, fleet in by_role.items() if role}
    if policy:
        fields["managed_scaling"] = _scaling_fields(policy)
    try:
        config = ClusterConfig.model_validate(fields)
    except ValidationError:
        return None
    made, wanted = map(_canonical_fleets, (fleet_requests(config), fleets))
    same_scaling = _canonical_policy(scaling_request(config)) == _canonical_policy(policy)
    return (
        {name: fields[name] for name in sorted(fields, key=_order)}
        if (made == wanted and same_scaling)
        else None
    )


def _order(name: str) -> int:
    return [*ROLES.values(), "managed_scaling"].index(name)


def _fleet_fields(fleet: Mapping[str, Any]) -> dict[str, Any]:
    types = fleet.get("InstanceTypeConfigs") or ()
    fields: dict[str, Any] = {
        "instance_types": [_type(each) for each in types],
        "on_demand": fleet.get("TargetOnDemandCapacity") or 0,
        "spot": fleet.get("TargetSpotCapacity") or 0,
    }
    prices = [each.get(PRICE, FULL_PRICE) for each in types]
    if prices and prices[0] != FULL_PRICE:
        fields["max_price_percent"] = prices[0]
    launch: Mapping[str, Any] = fleet.get("LaunchSpecifications") or {}
    spot: Mapping[str, Any] = launch.get("SpotSpecification") or {}
    fields |= {field: spot[name] for name, field in SPOT_FIELDS.items() if name in spot}
    return fields


def _type(config: Mapping[str, Any]) -> Any:
    name, weight = config.get("InstanceType"), config.get("WeightedCapacity", 1)
    fields = {"type": name}
    if weight != 1:
        fields["weight"] = weight
    if "Priority" in config:
        fields["priority"] = config["Priority"]
    return fields if len(fields) > 1 else name


def _scaling_fields(policy: Mapping[str, Any]) -> dict[str, Any]:
    limits: Mapping[str, Any] = policy.get("ComputeLimits") or {}
    fields = {field: limits[name] for name, field in SCALING_FIELDS.items() if name in limits}
    if index := policy.get("UtilizationPerformanceIndex"):
        fields["utilization_index"] = index
    return fields


def _canonical_fleets(fleets: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return fleets by role without names, with EMR's defaults filled in."""
    return {str(fleet.get("InstanceFleetType")): _canonical_fleet(fleet) for fleet in fleets}


def _canonical_fleet(fleet: Mapping[str, Any]) -> dict[str, Any]:
    launch = _set(fleet.get("LaunchSpecifications"))
    return {
        "TargetOnDemandCapacity": 0,
        "TargetSpotCapacity": 0,
        **_set(fleet),
        "Name": None,
        "InstanceTypeConfigs": [
            {"WeightedCapacity": 1}
            | ({} if "BidPrice" in each else {PRICE: FULL_PRICE})
            | _set(each)
            for each in fleet.get("InstanceTypeConfigs") or ()
        ],
        "LaunchSpecifications": {"OnDemandSpecification": {"AllocationStrategy": "lowest-price"}}
        | launch,
    }


def _canonical_policy(policy: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if not policy:
        return None
    limits = _set(policy.get("ComputeLimits"))
    return {"ScalingStrategy": "DEFAULT"} | _set(policy) | {"ComputeLimits": limits}


def _set(values: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the values that are set."""
    return {name: value for name, value in (values or {}).items() if value is not None}
