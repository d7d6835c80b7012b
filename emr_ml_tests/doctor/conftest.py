"""A lake in a folder, one in a bucket, and an account that EMR can use."""

import uuid
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from emr_ml_tests.emulator.arranged import ArrangedAws


@pytest.fixture(name="lake")
def fixture_lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EMR_ML_LAKE", str(tmp_path / "lake"))
    return tmp_path / "lake"


@pytest.fixture
def account(
    emulation: None,  # noqa: ARG001 - what it sets up
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> "Generator[ArrangedAws]":
    """An account without settings that use it."""
    from emr_ml_tests.emulator.arranged import arranged_aws

    monkeypatch.setattr("emr_ml.aws.time_limits.DOCTOR", 0.2)
    with arranged_aws(tmp_path, monkeypatch) as aws:
        yield aws


@pytest.fixture
def bucket(
    account: "ArrangedAws",  # noqa: ARG001 - where the bucket is
    monkeypatch: pytest.MonkeyPatch,
) -> str:
    """The bucket of the lake of a deployment on EMR."""
    from emr_ml_tests.doctor.account import make_bucket

    name = make_bucket()
    monkeypatch.setenv("EMR_ML_DEPLOYMENT", "emr")
    monkeypatch.setenv("EMR_ML_LAKE", f"s3://{name}/lake")
    return name


@pytest.fixture
def aws(account: "ArrangedAws", bucket: str) -> "ArrangedAws":  # noqa: ARG001 - the lake
    """The account of a deployment on EMR."""
    return account


@pytest.fixture(name="store")
def fixture_store(
    emulation: None,  # noqa: ARG001 - what it sets up
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> "Generator[ArrangedAws]":
    import boto3

    from emr_ml_tests.emulator.arranged import arranged_aws

    # moto's buckets outlive a test
    bucket = f"lake-{uuid.uuid4().hex}"
    with arranged_aws(tmp_path, monkeypatch) as aws:
        boto3.Session().client("s3").create_bucket(
            Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
        monkeypatch.setenv("EMR_ML_LAKE", f"s3://{bucket}/some/prefix")
        yield aws
