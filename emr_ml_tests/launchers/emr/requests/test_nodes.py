"""The nodes that a RunJobFlow request asks for."""

import pytest

from emr_ml.launchers.emr.requests.nodes import Nodes, requested_nodes
from emr_ml_tests.launchers.emr.translation.examples import AIRFLOW, FLEETS


def test_a_fleet_has_nodes_in_each_market_that_it_has_units_in() -> None:
    assert list(requested_nodes(FLEETS)) == [
        Nodes("Primary", "ON_DEMAND", 1, {"m5.xlarge": 1}),
        Nodes("task", "SPOT", 8, {"m5.xlarge": 1, "m5.2xlarge": 2}),
        Nodes("core", "ON_DEMAND", 2, {"r5.xlarge": 1}),
    ]


def test_a_group_has_one_type_and_one_market() -> None:
    assert list(requested_nodes(AIRFLOW)) == [
        Nodes("Primary node", "ON_DEMAND", 1, {"m5.xlarge": 1}),
        Nodes("Core nodes", "SPOT", 2, {"m5.xlarge": 1}),
    ]


def test_one_type_and_a_number_are_a_primary_and_core_nodes() -> None:
    instances = {"MasterInstanceType": "m5.xlarge", "InstanceCount": 1}

    assert list(requested_nodes({"Instances": instances})) == [
        Nodes("primary", "ON_DEMAND", 1, {"m5.xlarge": 1})
    ]
    assert list(requested_nodes({"Instances": instances | {"InstanceCount": 4}})) == [
        Nodes("primary", "ON_DEMAND", 1, {"m5.xlarge": 1}),
        Nodes("core", "ON_DEMAND", 3, {"m5.xlarge": 1}),
    ]


@pytest.mark.parametrize(
    ("units", "weights", "instances"),
    [(8, {"small": 2, "large": 4}, 4), (9, {"small": 2}, 5), (3, {"one": 1}, 3), (1, {}, 1)],
)
def test_the_most_instances_are_those_of_the_lightest_type(
    units: int, weights: dict[str, int], instances: int
) -> None:
    assert Nodes("core", "SPOT", units, weights).max_instances == instances
