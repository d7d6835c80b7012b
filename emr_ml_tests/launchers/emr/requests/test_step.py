"""The command of an attempt, as the primary node gets it."""

import itertools
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emr_ml.launchers.emr.config.loading import ClusterConfigError
from emr_ml.launchers.emr.requests.step import (
    add_steps_request,
    driver_memory,
    step_config,
    step_name,
)
from emr_ml_tests.launchers.emr.configs import FIELDS, TARGET, config


@dataclass(frozen=True)
class Code:
    archive: str = "s3://bucket/lake/code/0123/spark_jobs.zip"
    scripts: str = "s3://bucket/lake/code/0123"


NAME = step_name("metrics", "0123456789abcdef0123456789abcdef", 2)
REQUEST = "s3://bucket/lake/metrics/0123/attempts/2/_job/request.json"


def step(endpoint: str | None = None, name: str = NAME, **fields: Any) -> dict[str, Any]:
    target = replace(TARGET, url=endpoint)
    return step_config(
        config(**fields), target, Code(), asset="metrics", name=name, request_uri=REQUEST
    )


def arguments(endpoint: str | None = None, **fields: Any) -> list[str]:
    return step(endpoint, **fields)["HadoopJarStep"]["Args"]


def conf(endpoint: str | None = None, **fields: Any) -> dict[str, str]:
    pairs = itertools.pairwise(arguments(endpoint, **fields))
    options = [value for option, value in pairs if option == "--conf"]
    return dict(option.split("=", 1) for option in options)


def test_the_name_has_the_asset_the_start_of_the_version_and_the_attempt() -> None:
    assert NAME == "metrics 0123456789abcdef #2"


def test_the_command_is_exactly_this() -> None:
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


def test_an_endpoint_of_its_own_reaches_boto3_and_spark() -> None:
    endpoint = "http://127.0.0.1:5000"

    assert f"AWS_ENDPOINT_URL={endpoint}" in arguments(endpoint)[: arguments().index("timeout") + 1]
    assert {
        "spark.hadoop.fs.s3a.endpoint": endpoint,
        "spark.hadoop.fs.s3a.endpoint.region": "eu-west-1",
        "spark.hadoop.fs.s3a.path.style.access": "true",
    }.items() <= conf(endpoint).items()


def test_without_an_endpoint_nodes_ask_aws() -> None:
    assert not [each for each in arguments() if "endpoint" in each.lower()]


def test_the_time_limit_is_in_the_command_itself() -> None:
    found = arguments(step_limit_seconds=90)

    assert found[found.index("timeout") : found.index("spark-submit")] == [
        *("timeout", "--kill-after=60", "90")
    ]


def test_properties_of_the_user_win_over_ours() -> None:
    found = conf(spark_conf={"spark.checkpoint.dir": "s3://b/c", "spark.executor.cores": 2})

    assert found["spark.checkpoint.dir"] == "s3://b/c"
    assert found["spark.executor.cores"] == "2"


def test_a_python_of_the_users_choice_runs_the_job() -> None:
    assert conf(python="/usr/bin/python3.13")["spark.pyspark.python"] == "/usr/bin/python3.13"
    assert "spark.pyspark.python" not in conf()


def test_on_emr_7_a_newer_python_than_the_default_runs_the_job() -> None:
    found = conf(release_label="emr-7.14.0")

    assert found["spark.pyspark.python"] == "/usr/bin/python3.11"


@settings(deadline=None)
@given(FIELDS)
def test_no_argument_is_made_for_a_shell(fields: dict[str, Any]) -> None:
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


def test_driver_memory_that_is_set_is_taken() -> None:
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
def test_a_primary_that_is_overridden_counts(instances: dict[str, Any]) -> None:
    assert driver_memory(config(overrides={"Instances": instances})) == "32g"


def test_a_name_that_is_too_long_is_refused() -> None:
    with pytest.raises(ClusterConfigError, match=r"Steps.0.Name: should have 0 to 256 characters"):
        step(name="a" * 257)


def test_arguments_that_are_too_long_together_are_refused() -> None:
    many = {f"spark.name{number}": "v" * 100 for number in range(100)}

    with pytest.raises(ClusterConfigError, match=r"the arguments have \d+ characters.*10240"):
        step(spark_conf=many)


@settings(deadline=None)
@given(st.integers(9_000, 10_200))
def test_a_step_is_within_the_limit_or_refused(length: int) -> None:
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
