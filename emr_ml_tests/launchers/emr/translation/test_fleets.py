"""Fleets of a request are fields of ours only if these say the same."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from emr_ml.launchers.emr.config.model import ClusterConfig
from emr_ml.launchers.emr.translation.fleets import fleet_fields
from emr_ml_tests.launchers.emr.translation.examples import FLEETS

Fleets = list[dict[str, Any]]
PRIMARY, TASK, CORE = range(3)


def fleets() -> Fleets:
    return copy.deepcopy(FLEETS["Instances"]["InstanceFleets"])


def policy(**more: Any) -> dict[str, Any]:
    limits = {"MinimumCapacityUnits": 2, "MaximumCapacityUnits": 9}
    return {"ComputeLimits": {"UnitType": "InstanceFleetUnits"} | limits} | more


def scaled_fleets() -> Fleets:
    """With scaling, ours may get spot units, so core has terms for spot, too."""
    scaled = fleets()
    scaled[CORE]["LaunchSpecifications"] = {
        "SpotSpecification": {
            "TimeoutDurationMinutes": 10,
            "TimeoutAction": "SWITCH_TO_ON_DEMAND",
            "AllocationStrategy": "price-capacity-optimized",
        }
    }
    return scaled


def test_fields_that_say_the_same_make_a_configuration() -> None:
    fields = fleet_fields(fleets(), None)

    assert fields
    assert list(fields) == ["primary", "core", "task"]
    assert fields["task"] == {
        "instance_types": ["m5.xlarge", {"type": "m5.2xlarge", "weight": 2}],
        "on_demand": 0,
        "spot": 8,
        "allocation_strategy": "capacity-optimized",
        "spot_timeout_minutes": 20,
        "spot_timeout_action": "TERMINATE_CLUSTER",
    }
    ClusterConfig.model_validate(fields)


def test_fleets_that_are_not_there_have_no_units() -> None:
    fields = fleet_fields(fleets()[:1], None)

    assert fields
    config = ClusterConfig.model_validate(fields)
    assert (config.core.units, config.task.units) == (0, 0)


@pytest.mark.parametrize(
    ("more", "index"),
    [
        ({}, None),
        ({"ScalingStrategy": "DEFAULT"}, None),
        ({"ScalingStrategy": "ADVANCED", "UtilizationPerformanceIndex": 75}, 75),
    ],
)
def test_scaling_of_fleets_is_a_field(more: dict[str, Any], index: int | None) -> None:
    fields = fleet_fields(scaled_fleets(), policy(**more))

    assert fields
    scaling = ClusterConfig.model_validate(fields).managed_scaling
    assert scaling
    assert (scaling.minimum, scaling.maximum, scaling.utilization_index) == (2, 9, index)


def changed(fleet: int, *path: Any, to: Any) -> Callable[[Fleets], None]:
    """Return what sets a value of a fleet, at a path of keys and indexes."""

    def change(all_fleets: Fleets) -> None:
        part: Any = all_fleets[fleet]
        for key in path[:-1]:
            part = part[key]
        part[path[-1]] = to

    return change


@pytest.mark.parametrize(
    "change",
    [
        changed(CORE, "InstanceTypeConfigs", 0, "EbsConfiguration", to={"EbsOptimized": True}),
        changed(CORE, "InstanceTypeConfigs", 0, "BidPrice", to="0.1"),
        changed(CORE, "InstanceTypeConfigs", 0, "CustomAmiId", to="ami-1"),
        changed(CORE, "ResizeSpecifications", to={"SpotResizeSpecification": {}}),
        changed(CORE, "Context", to="mine"),
        changed(TASK, "InstanceTypeConfigs", 0, "BidPriceAsPercentageOfOnDemandPrice", to=50.0),
        changed(TASK, "LaunchSpecifications", "SpotSpecification", "BlockDurationMinutes", to=60),
        changed(TASK, "LaunchSpecifications", to={}),
        changed(
            TASK,
            "LaunchSpecifications",
            "OnDemandSpecification",
            to={"AllocationStrategy": "prioritized"},
        ),
        changed(TASK, "TargetSpotCapacity", to=0),
        changed(PRIMARY, "TargetOnDemandCapacity", to=2),
        changed(PRIMARY, "InstanceTypeConfigs", 0, "WeightedCapacity", to=2),
        changed(CORE, "InstanceFleetType", to="TASK"),
        changed(CORE, "InstanceTypeConfigs", to=[]),
    ],
)
def test_fleets_that_our_fields_can_not_say_stay_as_they_are(
    change: Callable[[Fleets], None],
) -> None:
    given = fleets()
    change(given)

    assert fleet_fields(given, None) is None


@pytest.mark.parametrize(
    "more", [{"ScalingStrategy": "ADVANCED"}, {"ComputeLimits": {"UnitType": "Instances"}}]
)
def test_scaling_that_our_fields_can_not_say_stays_as_it_is(more: dict[str, Any]) -> None:
    assert fleet_fields(scaled_fleets(), policy(**more)) is None
