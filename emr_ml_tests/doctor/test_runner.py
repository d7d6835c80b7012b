"""`emr-ml doctor` makes all checks that its deployment needs, and none that cannot succeed."""

import os
from pathlib import Path

import boto3
import pytest

from emr_ml_tests.components.project import Project
from emr_ml_tests.doctor.account import (
    client,
)
from emr_ml_tests.doctor.diagnosis import Diagnosis, diagnosis
from emr_ml_tests.emulator.arranged import ArrangedAws

LOCAL_CHECKS = [
    *("Java", "Python", "Spark", "settings", "definitions", "contract", "contract"),
    *("lake", "conditional writes"),
]
EMR_CHECKS = [
    *("Java", "Python", "Spark", "settings", "region", "credentials", "clock"),
    *(
        "definitions",
        "contract",
        "contract",
        "lake",
        "conditional writes",
        "bucket",
        "cluster",
        "EMR",
        "release label",
        "service role",
    ),
    *("instance profile", "subnets", "instance types", "on-demand quota", "spot quota"),
    *("log URI", "packages"),
]


def test_a_good_set_up_on_emr_is_good_in_every_line(aws: ArrangedAws) -> None:
    found = diagnosis()

    assert (found.names, found.bad, found.exit_code) == (EMR_CHECKS, [], 0)
    assert aws.called("RunJobFlow") == []
    bucket = os.environ["EMR_ML_LAKE"].split("/")[2]
    assert "Contents" not in client("s3").list_objects_v2(Bucket=bucket)


def test_a_good_local_set_up_is_good_in_every_line(lake: Path) -> None:
    assert diagnosis() == Diagnosis([*LOCAL_CHECKS, "disk"], [], [], 0)
    assert not lake.exists()


def test_a_lake_in_a_bucket_is_probed_and_left_as_it_was(store: ArrangedAws) -> None:

    bucket = os.environ["EMR_ML_LAKE"].split("/")[2]
    assert diagnosis() == Diagnosis(LOCAL_CHECKS, [], [], 0)
    assert "Contents" not in boto3.Session().client("s3").list_objects_v2(Bucket=bucket)
    assert store.called("GetCallerIdentity") == []


def test_pipelines_of_their_own_on_aws_need_an_identity(
    project: Project, tmp_path: Path, store: ArrangedAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = os.environ["EMR_ML_LAKE"]
    project.pipeline("churn", deployment="emr-eks")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EMR_ML_LAKE", lake)
    monkeypatch.setenv("EMR_ML_DEPLOYMENT", "spark-submit")
    monkeypatch.setenv("EMR_ML_SPARK_SUBMIT__MASTER", "local[2]")

    found = diagnosis()

    position = found.names.index("definitions")
    assert found.names[position + 1 : position + 4] == ["region", "credentials", "clock"]
    assert len(store.called("GetCallerIdentity")) == 1


def test_after_an_expired_token_aws_is_asked_nothing_else(aws: ArrangedAws) -> None:
    aws.refuse("GetCallerIdentity", "ExpiredToken", 403)

    before = len(aws.calls)

    found = diagnosis()

    assert {operation for operation, _ in aws.calls[before:]} == {"GetCallerIdentity"}
    of_aws = EMR_CHECKS[EMR_CHECKS.index("lake") :]
    expected = {*of_aws, "quotas"} - {"cluster", "on-demand quota", "spot quota"}
    assert {line.partition(" not checked: ")[0] for line in found.skipped} == expected
    assert {line.partition(" not checked: ")[2] for line in found.skipped} == {
        "AWS can't be asked, see credentials"
    }


def test_a_token_that_expires_on_the_way_is_named_once(aws: ArrangedAws) -> None:
    aws.refuse("ListClusters", "ExpiredTokenException")

    found = diagnosis()

    (bad,) = found.bad
    assert " ".join(bad.split()).startswith("EMR the credentials have expired. Fix: get new ones")
    assert "quotas not checked: AWS can't be asked, see EMR" in found.skipped
    assert aws.called("DescribeSubnets") == []
