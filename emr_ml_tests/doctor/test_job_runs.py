"""`emr-ml doctor` for EMR Serverless and EMR on EKS: it names the one thing that is wrong."""

import uuid
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from emr_ml_tests.doctor.diagnosis import diagnosis, the_bad_one
from emr_ml_tests.emulator.examples import RUNTIME_ROLE_ARN, an_application
from emr_ml_tests.emulator.faults import refuse
from emr_ml_tests.emulator.server import Emulator, serve_as_mine

EKS, SERVERLESS = "EMR_ML_EKS__", "EMR_ML_SERVERLESS__"
ABSENT = "arn:aws:iam::123456789012:role/Absent"


@pytest.fixture(name="aws")
def fixture_aws(
    emulation: None,  # noqa: ARG001 - what it sets up
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Generator[Emulator]:
    monkeypatch.setenv(f"{EKS}EXECUTION_ROLE", RUNTIME_ROLE_ARN)
    monkeypatch.setenv(f"{EKS}VIRTUAL_CLUSTER_NAME", "ours")
    monkeypatch.setenv(f"{SERVERLESS}EXECUTION_ROLE", RUNTIME_ROLE_ARN)
    with serve_as_mine(tmp_path, monkeypatch, speed=600.0) as aws:
        bucket = aws.bucket(f"lake-{uuid.uuid4().hex}")
        monkeypatch.setenv("EMR_ML_LAKE", bucket.uri("lake"))
        aws.eks.add_virtual_cluster("ours")
        yield aws


@pytest.fixture(name="serverless")
def fixture_serverless(aws: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    monkeypatch.setenv("EMR_ML_DEPLOYMENT", "emr-serverless")
    return aws


@pytest.fixture(name="eks")
def fixture_eks(aws: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    monkeypatch.setenv("EMR_ML_DEPLOYMENT", "emr-eks")
    return aws


@pytest.mark.parametrize(
    ("deployment", "checks"),
    [
        ("emr-serverless", {"serverless", "EMR Serverless", "execution role"}),
        ("emr-eks", {"eks", "virtual cluster", "execution role"}),
    ],
)
@pytest.mark.usefixtures("aws")
def test_a_healthy_set_up_passes(
    monkeypatch: pytest.MonkeyPatch, deployment: str, checks: set[str]
) -> None:
    monkeypatch.setenv("EMR_ML_DEPLOYMENT", deployment)

    found = diagnosis()

    assert found.exit_code == 0
    assert found.bad == found.skipped == []
    assert checks <= set(found.names)
    assert "service role" not in found.names


@pytest.mark.parametrize(
    ("deployment", "variable", "fix"),
    [
        ("emr-serverless", SERVERLESS, "a trust policy for emr-serverless.amazonaws.com"),
        ("emr-eks", EKS, "create it as AWS's guide to EMR on EKS says"),
    ],
)
@pytest.mark.usefixtures("aws")
def test_a_role_that_is_missing_is_the_one_bad_finding(
    monkeypatch: pytest.MonkeyPatch, deployment: str, variable: str, fix: str
) -> None:
    monkeypatch.setenv("EMR_ML_DEPLOYMENT", deployment)
    monkeypatch.setenv(f"{variable}EXECUTION_ROLE", ABSENT)

    found = the_bad_one()

    assert found.startswith(f"execution role {ABSENT} does not exist")
    assert fix in found


@pytest.mark.usefixtures("serverless")
def test_a_role_that_only_ec2_may_assume_is_the_one_bad_finding(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    role = "arn:aws:iam::123456789012:role/EMR_EC2_DefaultRole"
    monkeypatch.setenv(f"{SERVERLESS}EXECUTION_ROLE", role)

    assert "does not allow emr-serverless.amazonaws.com to assume it" in the_bad_one()


@pytest.mark.parametrize(
    ("differs", "state", "told"),
    [
        ({}, "TERMINATED", "there is no application"),
        ({"releaseLabel": "emr-spark-8.0.0"}, "STARTED", "set `release_label: emr-spark-8.0.0`"),
        ({"architecture": "ARM64"}, "STARTED", "set `architecture: ARM64`"),
    ],
)
def test_an_application_that_can_not_be_used_is_the_one_bad_finding(
    serverless: Emulator,
    monkeypatch: pytest.MonkeyPatch,
    differs: dict[str, Any],
    state: str,
    told: str,
) -> None:
    request = an_application(**{"name": "ours", "releaseLabel": "emr-spark-8.1.0", **differs})
    application = serverless.serverless.put(request, state)
    monkeypatch.setenv(f"{SERVERLESS}APPLICATION_ID", application.id)

    found = the_bad_one()

    assert found.startswith("EMR Serverless ")
    assert told in found


def test_a_virtual_cluster_that_is_missing_is_the_one_bad_finding(
    eks: Emulator,
) -> None:
    eks.eks.virtual_clusters.clear()

    assert "no virtual cluster is RUNNING with the name ours" in the_bad_one()


def test_a_virtual_cluster_that_ended_is_the_one_bad_finding(
    eks: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = eks.eks.add_virtual_cluster("ours", state="TERMINATED")
    monkeypatch.delenv(f"{EKS}VIRTUAL_CLUSTER_NAME")
    monkeypatch.setenv(f"{EKS}VIRTUAL_CLUSTER_ID", ended.id)

    assert f"{ended.id} is TERMINATED" in the_bad_one()


def test_without_access_a_configuration_in_s3_is_not_asked_for(
    serverless: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMR_ML_SERVERLESS", "s3://bucket/serverless.yaml")
    serverless.faults.add(refuse("GetCallerIdentity", "ExpiredToken", 403))

    found = diagnosis()

    assert len(found.bad) == 1
    assert "serverless not checked: AWS can't be asked, see credentials" in found.skipped
    assert "execution role not checked: AWS can't be asked, see credentials" in found.skipped
