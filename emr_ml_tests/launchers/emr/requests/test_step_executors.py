"""Executors are sized so that they fit on whatever instances a fleet becomes."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emr_ml.launchers.emr.config.validation import instance_size
from emr_ml.launchers.emr.requests.step import executor_conf
from emr_ml_tests.launchers.emr.configs import config

TYPES = ("m5.large", "m5.xlarge", "m6i.2xlarge", "r5.xlarge", "c5.4xlarge", "r6g.8xlarge")


def conf(*types: str, **fields: Any) -> dict[str, str]:
    workers = {"core": {"instance_types": [*types]}, "task": {"instance_types": [*types]}}
    return executor_conf(config(**{**workers, **fields}))


def megabytes(found: dict[str, str]) -> float:
    """The memory of one executor, with what is beside its heap."""
    heap = int(found["spark.executor.memory"].removesuffix("m"))
    return heap * (1 + float(found["spark.executor.memoryOverheadFactor"]))


def test_an_executor_has_what_emr_gives_it_on_an_m5_xlarge() -> None:
    # AWS's table for this type: YARN has 12288 MB, of which its default leaves 9486 MB for a heap
    assert conf("m5.xlarge")["spark.executor.memory"] == "9485m"
    assert conf("m5.xlarge")["spark.executor.cores"] == "4"


@given(st.lists(st.sampled_from(TYPES), min_size=1, max_size=4, unique=True))
def test_executors_fit_with_the_application_master_on_every_type_of_the_fleet(
    types: list[str],
) -> None:
    found = conf(*types)
    cores = int(found["spark.executor.cores"])
    for name in types:
        size = instance_size(name)
        assert size
        assert megabytes(found) * (size.vcpu // cores) <= size.memory * 1024 * 0.75 - 1024


@pytest.mark.parametrize(
    ("fields", "partitions"),
    [
        ({}, "200"),
        ({"managed_scaling": {"minimum": 1, "maximum": 100}}, "1200"),
        ({"task": {"instance_types": [{"type": "m5.4xlarge", "weight": 4}], "spot": 49}}, "600"),
    ],
)
def test_there_are_three_shuffle_partitions_for_each_core_of_a_large_cluster(
    fields: dict[str, Any], partitions: str
) -> None:
    assert conf("m5.xlarge", **fields)["spark.sql.shuffle.partitions"] == partitions


@pytest.mark.parametrize(
    "fields",
    [
        {"core": {"instance_types": ["x1e.xlarge"]}},
        {"spark_conf": {"spark.executor.memory": "4g"}},
        {"spark_conf": {"spark.dynamicAllocation.maxExecutors": "4"}},
        {"overrides": {"Instances": {"InstanceFleets": None, "InstanceGroups": []}}},
        {
            "configurations": [
                {"Classification": "spark", "Properties": {"maximizeResourceAllocation": "true"}}
            ]
        },
    ],
    ids=["unknown type", "spark_conf", "dynamic allocation", "overrides", "configurations"],
)
def test_nothing_is_said_where_sizes_are_unknown_or_set(fields: dict[str, Any]) -> None:
    assert conf("m5.xlarge", **fields) == {}


def test_what_else_is_overridden_does_not_count() -> None:
    assert conf("m5.xlarge", overrides={"Instances": {"Ec2KeyName": "my-key"}})
