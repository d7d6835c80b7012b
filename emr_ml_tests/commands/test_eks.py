"""`emr-ml plan` and `doctor` on EMR on EKS."""

import json
import uuid
from collections.abc import Generator
from pathlib import Path

import boto3
import pytest
from click.testing import CliRunner

from emr_ml.cli import main
from emr_ml.launchers.remote.service_model import mistakes
from emr_ml_tests.doctor.diagnosis import diagnosis, the_bad_one
from emr_ml_tests.emulator.examples import RUNTIME_ROLE_ARN
from emr_ml_tests.emulator.server import Emulator, serve


@pytest.fixture(autouse=True)
def deployment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMR_ML_DEPLOYMENT", "emr-eks")
    monkeypatch.setenv("EMR_ML_LAKE", "s3://bucket/lake")
    monkeypatch.setenv("EMR_ML_EKS__EXECUTION_ROLE", RUNTIME_ROLE_ARN)
    monkeypatch.setenv("EMR_ML_EKS__VIRTUAL_CLUSTER_NAME", "ours")


@pytest.fixture(name="aws")
def fixture_aws(
    emulation: None,  # noqa: ARG001 - what it sets up
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Generator[Emulator]:
    with serve(tmp_path, speed=600.0) as aws:
        for name, value in aws.environment().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
        bucket = aws.bucket(f"lake-{uuid.uuid4().hex}")
        monkeypatch.setenv("EMR_ML_LAKE", bucket.uri("lake"))
        yield aws


def test_the_plan_has_the_exact_request_of_every_job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")

    planned = json.loads(CliRunner().invoke(main, ["plan", "--json"]).output)["StartJobRun"]

    assert {"processed_dataset", "lr_model", "metrics", "sales_by_seller"} < set(planned)
    for job, request in planned.items():
        assert request["name"] == f"{job}/<version>/#1"
        assert request["virtualClusterId"] == "<virtual cluster>"
        assert list(mistakes("StartJobRun", request, service="emr-containers")) == []


def test_a_healthy_set_up_passes(aws: Emulator) -> None:
    aws.eks.add_virtual_cluster("ours")

    found = diagnosis()

    assert found.exit_code == 0
    assert found.bad == found.skipped == []
    assert {"eks", "virtual cluster", "execution role"} <= set(found.names)


def test_a_virtual_cluster_that_is_missing_is_the_one_bad_finding(aws: Emulator) -> None:
    del aws

    assert "no virtual cluster is RUNNING with the name ours" in the_bad_one()


def test_a_virtual_cluster_that_ended_is_the_one_bad_finding(
    aws: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = aws.eks.add_virtual_cluster("ours", state="TERMINATED")
    monkeypatch.delenv("EMR_ML_EKS__VIRTUAL_CLUSTER_NAME")
    monkeypatch.setenv("EMR_ML_EKS__VIRTUAL_CLUSTER_ID", ended.id)

    assert f"{ended.id} is TERMINATED" in the_bad_one()
