"""The nodes that a RunJobFlow request asks for."""

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
