"""The requests to EMR Serverless."""

import json
from typing import Any

import pytest

from emr_ml.launchers.remote.endpoint import Endpoint
from emr_ml.launchers.remote.service_model import mistakes
from emr_ml.launchers.remote.target import TargetConfigError
from emr_ml.launchers.serverless.config import ServerlessConfig
from emr_ml.launchers.serverless.requests import create_application_request, start_job_run_request
from emr_ml_tests.launchers.remote.examples import JOB_ROLE, a_job_run_spec

LAKE = "s3://bucket/lake"


def created(**fields: Any) -> dict[str, Any]:
    config = ServerlessConfig.model_validate({"execution_role": JOB_ROLE, **fields})
    return create_application_request(config, LAKE, "a-token")


def started(packages: str = "", url: str | None = None, **fields: Any) -> dict[str, Any]:
    return start_job_run_request(
        ServerlessConfig.model_validate({"execution_role": JOB_ROLE, **fields}),
        Endpoint(LAKE, "eu-west-1", url),
        a_job_run_spec(LAKE, "00app", packages),
    )


def properties(request: dict[str, Any]) -> dict[str, str]:
    (defaults,) = request["configurationOverrides"]["applicationConfiguration"]
    assert defaults["classification"] == "spark-defaults"
    return defaults["properties"]


def test_an_application_stops_by_itself_and_starts_with_a_job() -> None:
    request = created(idle_minutes=7)

    assert request["autoStopConfiguration"] == {"enabled": True, "idleTimeoutMinutes": 7}
    assert request["autoStartConfiguration"] == {"enabled": True}
    assert "initialCapacity" not in request
    assert request["tags"] == {"emr-ml": "serverless"}


@pytest.mark.parametrize(
    "other",
    [
        {"architecture": "ARM64"},
        {"release_label": "emr-spark-8.0.0"},
        {"maximum_capacity": {"cores": 40, "memory_gb": 160}},
        {"subnets": ["subnet-1"], "security_groups": ["sg-1"]},
        {"idle_minutes": 6},
        {"initial_capacity": {"drivers": 1}},
    ],
    ids=lambda other: next(iter(other)),
)
def test_what_makes_an_application_unfit_is_in_its_name(other: dict[str, Any]) -> None:
    assert created(**other)["name"] != created()["name"]


@pytest.mark.parametrize(
    "other",
    [{"spark_conf": {"spark.a": "b"}}, {"executors": {"maximum": 50}}, {"tags": {"a": "b"}}],
    ids=lambda other: next(iter(other)),
)
def test_what_belongs_to_a_job_run_is_not(other: dict[str, Any]) -> None:
    assert created(**other)["name"] == created()["name"]


def test_capacity_is_in_the_words_of_the_service() -> None:
    request = created(
        driver={"cores": 2, "memory_gb": 4},
        initial_capacity={"drivers": 1, "executors": 3},
        maximum_capacity={"cores": 40, "memory_gb": 160},
    )

    size = {"cpu": "2 vCPU", "memory": "4 GB", "disk": "20 GB"}
    assert request["initialCapacity"]["Driver"] == {"workerCount": 1, "workerConfiguration": size}
    assert request["initialCapacity"]["Executor"]["workerCount"] == 3
    assert request["maximumCapacity"] == {"cpu": "40 vCPU", "memory": "160 GB"}


def test_a_job_run_has_a_limit_and_is_not_repeated_by_the_service() -> None:
    request = started(step_limit_seconds=90)

    assert request["executionTimeoutMinutes"] == 2
    assert request["retryPolicy"] == {"maxAttempts": 1}
    assert request["executionRoleArn"] == JOB_ROLE
    submit = request["jobDriver"]["sparkSubmit"]
    assert submit["entryPoint"] == f"{LAKE}/code/1/metrics.py"
    assert submit["sparkSubmitParameters"] == f"--py-files {LAKE}/code/1/spark_jobs.zip"


def test_packages_are_on_the_path_of_driver_and_executors() -> None:
    found = properties(started(packages=f"{LAKE}/packages/1/packages.zip"))

    assert found["spark.archives"] == f"{LAKE}/packages/1/packages.zip#emr_ml_packages"
    paths = {name: value for name, value in found.items() if name.endswith("PYTHONPATH")}
    assert paths == {
        "spark.emr-serverless.driverEnv.PYTHONPATH": "./emr_ml_packages",
        "spark.executorEnv.PYTHONPATH": "./emr_ml_packages",
    }
    assert "spark.archives" not in properties(started())


def test_the_user_s_properties_count_more() -> None:
    found = properties(started(spark_conf={"spark.executor.memory": "5g"}))

    assert found["spark.executor.memory"] == "5g"
    assert found["spark.driver.memory"] == "14894m"


def test_another_store_than_aws_is_named_to_spark_and_to_boto3() -> None:
    found = properties(started(url="http://127.0.0.1:9000"))

    assert found["spark.hadoop.fs.s3a.endpoint"] == "http://127.0.0.1:9000"
    variable = "spark.emr-serverless.driverEnv.AWS_ENDPOINT_URL"
    assert found[variable] == "http://127.0.0.1:9000"


def test_logs_go_to_s3_and_to_cloudwatch_if_a_group_is_named() -> None:
    monitoring = started(log_group="/emr/jobs")["configurationOverrides"]["monitoringConfiguration"]

    assert monitoring["s3MonitoringConfiguration"] == {"logUri": f"{LAKE}/logs/"}
    assert monitoring["cloudWatchLoggingConfiguration"]["logGroupName"] == "/emr/jobs"
    assert "cloudWatch" not in json.dumps(started())


def test_the_requests_are_as_the_service_describes_them() -> None:
    for operation, request in (("CreateApplication", created()), ("StartJobRun", started())):
        assert list(mistakes(operation, request, service="emr-serverless")) == []


def test_what_the_service_would_refuse_is_told_before() -> None:
    with pytest.raises(TargetConfigError, match=r"properties.spark.a: should have 0 to 1024 char"):
        started(spark_conf={"spark.a": "x" * 1025})
