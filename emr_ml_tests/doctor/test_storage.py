"""`emr-ml doctor` names what is wrong with the lake and its bucket."""

import os
from pathlib import Path

import pytest

from emr_ml_tests.doctor.account import (
    client,
    make_stack,
)
from emr_ml_tests.doctor.diagnosis import diagnosis, the_bad_one
from emr_ml_tests.emulator import faults
from emr_ml_tests.emulator.arranged import ArrangedAws


def test_a_lake_that_is_in_use_is_left_as_it_was(lake: Path) -> None:
    lake.mkdir()
    (lake / "kept").write_text("mine")

    assert diagnosis().exit_code == 0
    assert [path.name for path in lake.rglob("*")] == ["kept"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_lake_that_may_not_be_written_to(lake: Path) -> None:
    lake.mkdir(mode=0o555)

    assert f"lake {lake} can't be used: Permission denied" in the_bad_one()


@pytest.mark.usefixtures("store")
def test_a_bucket_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMR_ML_LAKE", "s3://nobodys-lake/prefix")

    said = the_bad_one()

    assert said.startswith("lake there is no bucket nobodys-lake. Fix: create it")
    assert "aws s3 mb s3://nobodys-lake" in said


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("if-none-match", "two writers create one object: it ignores `If-None-Match`"),
        ("if-match", "replace an object that another changed: it ignores `If-Match`"),
    ],
)
def test_a_store_that_does_not_honour_conditions(
    store: ArrangedAws, header: str, words: str
) -> None:
    store.world.ignored_headers = (header,)

    said = the_bad_one()

    assert said.startswith("conditional writes the lake lets ")
    assert words in said


@pytest.mark.usefixtures("store")
def test_a_store_without_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")

    said = the_bad_one()

    assert said.startswith("lake s3://lake-")
    assert "/some/prefix can't be used: no credentials were found. Fix: set AWS_PROFILE" in said


def test_an_expired_token_is_told_before_the_lake_repeats_its_calls(
    store: ArrangedAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emr_ml.aws.time_limits.DOCTOR", 0.2)
    store.world.faults.add(faults.expired_token("s3:*", seconds=1e9))

    assert "/some/prefix can't be used: the credentials have expired. Fix: get new" in the_bad_one()
    assert store.called("PutObject") == []


@pytest.mark.usefixtures("store")
def test_a_store_that_can_not_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")

    said = the_bad_one()

    assert "can't be used: AWS can't be reached" in said
    assert "AWS_ENDPOINT_URL" in said


def test_a_bucket_that_may_be_made_public(bucket: str) -> None:
    client("s3").delete_public_access_block(Bucket=bucket)

    said = the_bad_one()

    assert said.startswith(f"bucket {bucket} may be made public: BlockPublicAcls, ")


def test_a_bucket_whose_settings_may_not_be_read_is_not_called_private(
    aws: ArrangedAws, bucket: str
) -> None:
    aws.refuse("GetEncryptionConfiguration", "AccessDenied", 403)

    found = diagnosis()

    assert f"bucket {bucket}: not checked: its settings can't be read" in found.skipped
    assert found.bad == []


def test_a_bucket_that_does_not_encrypt(bucket: str) -> None:
    client("s3").delete_bucket_encryption(Bucket=bucket)

    assert the_bad_one().startswith(f"bucket {bucket} does not encrypt new objects. Fix")


@pytest.mark.usefixtures("account")
def test_a_bucket_of_the_stack_that_keeps_no_versions_any_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bucket = make_stack(monkeypatch)
    client("s3").put_bucket_versioning(
        Bucket=bucket, VersioningConfiguration={"Status": "Suspended"}
    )

    said = the_bad_one()

    assert said.startswith(f"bucket {bucket} keeps no versions, but stack stack-")
