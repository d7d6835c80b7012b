"""The configuration of EMR on EKS, and the request that follows from it."""

from pathlib import Path
from typing import Any

import pytest

from emr_ml.launchers.eks.config import EksConfig, load_eks_config
from emr_ml.launchers.eks.requests import start_job_run_request
from emr_ml.launchers.remote.endpoint import Endpoint
from emr_ml.launchers.remote.service_model import mistakes
from emr_ml.launchers.remote.target import TargetConfigError
from emr_ml.settings import load_settings
from emr_ml_tests.launchers.remote.examples import JOB_ROLE, a_job_run_spec

LAKE = "s3://bucket/lake"
MINIMUM = {"execution_role": JOB_ROLE, "virtual_cluster_id": "0abc"}


def started(packages: str = "", **fields: Any) -> dict[str, Any]:
    return start_job_run_request(
        EksConfig.model_validate({**MINIMUM, **fields}),
        Endpoint(LAKE, "eu-west-1"),
        a_job_run_spec(LAKE, "0abc", packages),
    )


def test_role_and_virtual_cluster_have_no_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMR_ML_EKS__EXECUTION_ROLE", JOB_ROLE)
    monkeypatch.setenv("EMR_ML_EKS__VIRTUAL_CLUSTER_NAME", "ours")

    made = load_eks_config(load_settings())

    assert made == EksConfig(execution_role=JOB_ROLE, virtual_cluster_name="ours")
    assert (made.release_label, made.spark) == ("emr-spark-8.1.0-latest", "4.1.1")


def test_without_a_role_the_message_says_how_to_set_one() -> None:
    with pytest.raises(TargetConfigError, match="set EMR_ML_EKS__EXECUTION_ROLE to the ARN"):
        load_eks_config(load_settings())


@pytest.mark.parametrize(
    ("label", "spark"), [("emr-spark-8.0.0-latest", "4.0.2"), ("emr-7.13.0-20260131", "3.5.6")]
)
def test_the_spark_follows_from_the_release(label: str, spark: str) -> None:
    assert EksConfig.model_validate({**MINIMUM, "release_label": label}).spark == spark


MISTAKES = [
    ("virtual_cluster_name: b\n", "virtual_cluster_id: give either it or virtual_cluster_name"),
    ("release_label: emr-spark-8.1.0\n", ":1:1: release_label: should match"),
    ("release_label: emr-9.9.9-latest\n", "spark: the release's Spark is not known: set it; known"),
    ("spark: 3.5.6\n", ":1:1: spark: emr-spark-8.1.0-latest has Spark 4.1.1, not 3.5.6"),
    ("image: a\npackages: archive\n", ":2:1: packages: is archive, but an image has its own"),
    ("driver: {core: 2}\n", "driver.core: unknown key: did you mean cores?"),
]


@pytest.mark.parametrize(("text", "told"), MISTAKES, ids=lambda value: value.partition(":")[0])
def test_a_mistake_is_told_with_its_place(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str, told: str
) -> None:
    file = tmp_path / "eks.yaml"
    file.write_text(f"{text}execution_role: {JOB_ROLE}\nvirtual_cluster_id: 0abc\n")
    monkeypatch.setenv("EMR_ML_EKS", str(file))

    with pytest.raises(TargetConfigError) as error:
        load_eks_config(load_settings())

    assert told in str(error.value)


def test_the_request_is_as_the_service_describes_it_and_bounds_the_job() -> None:
    request = started(packages=f"{LAKE}/packages/1/packages.zip", step_limit_seconds=90)

    assert list(mistakes("StartJobRun", request, service="emr-containers")) == []
    assert request["name"] == "metrics/0123456789abcdef/#1"
    assert "retryPolicyConfiguration" not in request
    driver = request["jobDriver"]["sparkSubmitJobDriver"]
    assert driver["entryPoint"].endswith("/bounded.py")
    assert driver["entryPointArguments"][:2] == ["90", "metrics"]
    assert driver["sparkSubmitParameters"].endswith(f"{LAKE}/code/1/metrics.py")


def test_what_the_service_would_refuse_is_told_before() -> None:
    with pytest.raises(TargetConfigError, match=r"properties.spark.a: should have 1 to 1024 char"):
        started(spark_conf={"spark.a": "x" * 1025})
