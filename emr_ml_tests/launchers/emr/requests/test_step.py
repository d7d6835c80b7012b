"""The step of an attempt: the exact command that the primary node runs."""

import itertools
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emr_ml.launchers.emr.config.loading import ClusterConfigError
from emr_ml.launchers.emr.config.validation import instance_size
from emr_ml.launchers.emr.requests.step import (
    add_steps_request,
    driver_memory,
    executor_conf,
    step_config,
)
from emr_ml.launchers.remote.shipping import ShippedCode
from emr_ml.launchers.remote.target import attempt_name
from emr_ml_tests.launchers.emr.configs import FIELDS, TARGET, config

FOLDER = "s3://bucket/lake/code/0123"
CODE = ShippedCode(f"{FOLDER}/spark_jobs.zip", FOLDER, "", ())
NAME = attempt_name("metrics", "0123456789abcdef0123456789abcdef", 2)
REQUEST = "s3://bucket/lake/metrics/0123/attempts/2/_job/request.json"


def step(endpoint: str | None = None, name: str = NAME, **fields: Any) -> dict[str, Any]:
    target = replace(TARGET, url=endpoint)
    return step_config(
        config(**fields),
        target,
        CODE,
        module="spark_jobs.metrics",
        name=name,
        request_uri=REQUEST,
    )


def arguments(endpoint: str | None = None, **fields: Any) -> list[str]:
    return step(endpoint, **fields)["HadoopJarStep"]["Args"]


def conf(endpoint: str | None = None, **fields: Any) -> dict[str, str]:
    pairs = itertools.pairwise(arguments(endpoint, **fields))
    options = [value for option, value in pairs if option == "--conf"]
    return dict(option.split("=", 1) for option in options)


def test_the_name_consists_of_asset_start_of_version_and_attempt() -> None:
    assert NAME == "metrics 0123456789abcdef #2"


def test_the_whole_step() -> None:
    assert step() == {
        "Name": NAME,
        "ActionOnFailure": "CONTINUE",
        "HadoopJarStep": {
            "Jar": "command-runner.jar",
            "Args": [
                *("env", "AWS_REGION=eu-west-1", "AWS_DEFAULT_REGION=eu-west-1"),
                *("timeout", "--kill-after=60", "21600"),
                *("spark-submit", "--deploy-mode", "client", "--name", NAME),
                *(
                    "--conf",
                    f"spark.checkpoint.dir={REQUEST.removesuffix('request.json')}checkpoints",
                ),
                *("--conf", "spark.driver.memory=8g"),
                *("--conf", "spark.dynamicAllocation.enabled=true"),
                *("--conf", "spark.executor.cores=4"),
                *("--conf", "spark.executor.memory=9485m"),
                *("--conf", "spark.executor.memoryOverheadFactor=0.1875"),
                *("--conf", "spark.sql.shuffle.partitions=200"),
                *("--py-files", "s3://bucket/lake/code/0123/spark_jobs.zip"),
                *("s3://bucket/lake/code/0123/metrics.py", REQUEST),
            ],
        },
    }


def test_another_endpoint_is_passed_to_boto3_and_spark() -> None:
    endpoint = "http://127.0.0.1:5000"

    assert f"AWS_ENDPOINT_URL={endpoint}" in arguments(endpoint)[: arguments().index("timeout") + 1]
    assert {
        "spark.hadoop.fs.s3a.endpoint": endpoint,
        "spark.hadoop.fs.s3a.endpoint.region": "eu-west-1",
        "spark.hadoop.fs.s3a.path.style.access": "true",
    }.items() <= conf(endpoint).items()


def test_by_default_nodes_use_the_endpoint_of_aws() -> None:
    assert not [each for each in arguments() if "endpoint" in each.lower()]


def test_the_command_ends_itself_at_the_time_limit() -> None:
    found = arguments(step_limit_seconds=90)

    assert found[found.index("timeout") : found.index("spark-submit")] == [
        *("timeout", "--kill-after=60", "90")
    ]


def test_properties_of_the_user_override_ours() -> None:
    found = conf(spark_conf={"spark.checkpoint.dir": "s3://b/c", "spark.executor.cores": 2})

    assert found["spark.checkpoint.dir"] == "s3://b/c"
    assert found["spark.executor.cores"] == "2"


def test_the_configured_python_runs_the_job() -> None:
    assert conf(python="/usr/bin/python3.13")["spark.pyspark.python"] == "/usr/bin/python3.13"
    assert "spark.pyspark.python" not in conf()


def test_on_emr_7_a_newer_python_than_its_default_runs_the_job() -> None:
    found = conf(release_label="emr-7.14.0", spark="3.5.8")

    assert found["spark.pyspark.python"] == "/usr/bin/python3.11"


@settings(deadline=None)
@given(FIELDS)
def test_the_command_uses_no_shell(fields: dict[str, Any]) -> None:
    found = arguments(**fields)

    assert found[0] == "env"
    assert not {"bash", "sh", "-c"} & set(found)
    assert all(isinstance(each, str) and each for each in found)


@pytest.mark.parametrize(
    ("primary", "steps", "memory"),
    [
        (["m5.xlarge"], 1, "8g"),
        (["m5.xlarge"], 2, "4g"),
        (["m5.xlarge"], 3, "2730m"),
        (["m5.2xlarge", "m5.xlarge"], 1, "8g"),
        (["r6i.2xlarge"], 1, "32g"),
        (["c5.xlarge"], 4, "1g"),
        (["x1e.xlarge"], 1, None),
        (["m5.xlarge", "x1e.xlarge"], 1, None),
    ],
)
def test_drivers_share_half_of_the_smallest_primary(
    primary: list[str], steps: int, memory: str | None
) -> None:
    fields: dict[str, Any] = {"primary": {"instance_types": primary}, "step_concurrency": steps}

    assert driver_memory(config(**fields)) == memory
    assert conf(**fields).get("spark.driver.memory") == memory


def test_configured_driver_memory_counts() -> None:
    unknown = {"instance_types": ["x1e.xlarge"]}

    assert driver_memory(config(driver_memory_gb=10)) == "10g"
    assert driver_memory(config(driver_memory_gb=40, primary=unknown)) == "40g"


@pytest.mark.parametrize(
    "instances",
    [
        {
            "InstanceFleets": [
                {
                    "InstanceFleetType": "MASTER",
                    "InstanceTypeConfigs": [{"InstanceType": "m5.4xlarge"}],
                }
            ]
        },
        {
            "InstanceFleets": None,
            "InstanceGroups": [{"InstanceRole": "MASTER", "InstanceType": "m5.4xlarge"}],
        },
        {"InstanceFleets": None, "MasterInstanceType": "m5.4xlarge"},
    ],
)
def test_an_overridden_primary_determines_the_driver_memory(instances: dict[str, Any]) -> None:
    assert driver_memory(config(overrides={"Instances": instances})) == "32g"


def test_a_too_long_name_is_refused() -> None:
    with pytest.raises(ClusterConfigError, match=r"Steps.0.Name: should have 0 to 256 characters"):
        step(name="a" * 257)


def test_too_many_characters_in_all_arguments_are_refused() -> None:
    many = {f"spark.name{number}": "v" * 100 for number in range(100)}

    with pytest.raises(ClusterConfigError, match=r"the arguments have \d+ characters.*10240"):
        step(spark_conf=many)


@settings(deadline=None)
@given(st.integers(9_000, 10_200))
def test_a_step_is_within_the_limit_or_is_refused(length: int) -> None:
    try:
        found = arguments(spark_conf={"spark.long": "v" * length})
    except ClusterConfigError:
        return
    assert sum(map(len, found)) <= 10_240


def test_steps_run_under_the_runtime_role() -> None:
    role = "arn:aws:iam::123456789012:role/jobs"
    made = config(runtime_role=role, security_configuration="runtime-roles")

    assert add_steps_request(made.runtime_role, "j-1", step()) == {
        "JobFlowId": "j-1",
        "Steps": [step()],
        "ExecutionRoleArn": role,
    }
    assert "ExecutionRoleArn" not in add_steps_request(None, "j-1", step())


TYPES = ("m5.large", "m5.xlarge", "m6i.2xlarge", "r5.xlarge", "c5.4xlarge", "r6g.8xlarge")


def executors_on(*types: str, **fields: Any) -> dict[str, str]:
    workers = {"core": {"instance_types": [*types]}, "task": {"instance_types": [*types]}}
    return executor_conf(config(**{**workers, **fields}))


def megabytes(found: dict[str, str]) -> float:
    """Return the memory of one executor, heap and overhead together."""
    heap = int(found["spark.executor.memory"].removesuffix("m"))
    return heap * (1 + float(found["spark.executor.memoryOverheadFactor"]))


def test_an_executor_on_m5_xlarge_has_the_memory_in_the_table_of_aws() -> None:
    # AWS's table for this type: YARN has 12288 MB, of which its default leaves 9486 MB for a heap
    assert executors_on("m5.xlarge")["spark.executor.memory"] == "9485m"
    assert executors_on("m5.xlarge")["spark.executor.cores"] == "4"


@given(st.lists(st.sampled_from(TYPES), min_size=1, max_size=4, unique=True))
def test_executors_fit_with_the_application_master_on_every_type_of_the_fleet(
    types: list[str],
) -> None:
    found = executors_on(*types)
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
    assert executors_on("m5.xlarge", **fields)["spark.sql.shuffle.partitions"] == partitions


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
def test_executors_are_not_sized_if_sizes_are_unknown_or_configured(fields: dict[str, Any]) -> None:
    assert executors_on("m5.xlarge", **fields) == {}


def test_executors_are_sized_despite_other_overrides() -> None:
    assert executors_on("m5.xlarge", overrides={"Instances": {"Ec2KeyName": "my-key"}})
