"""What only S3 does: conflicts, lost answers, missing buckets."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from boto3.exceptions import S3UploadFailedError
from botocore.exceptions import ClientError

from spark_jobs.runtime.lake import Lake, open_lake
from spark_jobs.runtime.lake.s3 import has_expired

if TYPE_CHECKING:
    from emr_ml_tests.s3_server import S3


@pytest.fixture
def s3_lake(s3: "S3") -> Lake:
    return open_lake(s3.uri("lake"))


def test_a_create_in_conflict_is_retried(s3: "S3", s3_lake: Lake) -> None:
    s3.faults.extend(["conflict", "conflict"])
    assert s3_lake.create("a", b"1")


def test_a_swap_in_conflict_is_retried(s3: "S3", s3_lake: Lake) -> None:
    etag = s3_lake.write("a", b"1")
    s3.faults.append("conflict")
    assert s3_lake.swap("a", b"2", etag)


def test_a_conflict_without_end_is_an_error(s3: "S3", s3_lake: Lake) -> None:
    s3.faults.extend("conflict" for _ in range(20))
    with pytest.raises(ClientError, match="ConditionalRequestConflict"):
        s3_lake.create("a", b"1")


def test_a_create_whose_answer_was_lost_has_won(s3: "S3", s3_lake: Lake) -> None:
    s3.faults.append("lost answer")
    etag = s3_lake.create("a", b"1")
    stored = s3_lake.read("a")
    assert stored and stored.etag == etag


def test_a_swap_whose_answer_was_lost_has_won(s3: "S3", s3_lake: Lake) -> None:
    etag = s3_lake.write("a", b"1")
    s3.faults.append("lost answer")
    assert s3_lake.swap("a", b"2", etag)


def test_an_equal_body_of_another_process_is_not_a_lost_answer(s3: "S3", s3_lake: Lake) -> None:
    s3_lake.create("a", b"1")
    s3.faults.append("conflict")
    assert s3_lake.create("a", b"1") is None


@pytest.fixture
def nowhere(s3: "S3") -> Lake:
    return open_lake(f"s3://{s3.bucket}-that-is-not/lake")


def test_reading_from_a_missing_bucket_is_an_error(nowhere: Lake) -> None:
    with pytest.raises(ClientError, match="NoSuchBucket"):
        nowhere.read("a")


def test_creating_in_a_missing_bucket_is_an_error(nowhere: Lake) -> None:
    with pytest.raises(ClientError, match="NoSuchBucket"):
        nowhere.create("a", b"1")


def test_swapping_in_a_missing_bucket_is_an_error(nowhere: Lake) -> None:
    with pytest.raises(ClientError, match="NoSuchBucket"):
        nowhere.swap("a", b"1", '"etag"')


def test_listing_a_missing_bucket_is_an_error(nowhere: Lake) -> None:
    with pytest.raises(ClientError, match="NoSuchBucket"):
        list(nowhere.list(""))


def test_uploading_to_a_missing_bucket_is_an_error(nowhere: Lake, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"1")
    with pytest.raises(S3UploadFailedError, match="NoSuchBucket"):
        nowhere.upload(file, "a", "sha256:")


def test_a_lake_can_be_a_whole_bucket(s3: "S3") -> None:
    lake = open_lake(s3.uri())
    lake.write("a/b", b"1")
    assert [entry.key for entry in lake.list("a/")] == ["a/b"]


@pytest.mark.parametrize(
    ("operation", "code", "status", "expected"),
    [
        ("GetObject", "ExpiredToken", 400, True),
        # the answer to a HEAD has no body, so the status is all there is
        ("HeadObject", "400", 400, True),
        ("HeadObject", "404", 404, False),
        ("GetObject", "InvalidRequest", 400, False),
    ],
)
def test_expired_credentials_are_recognized_by_the_error_of_s3(
    operation: str, code: str, status: int, expected: bool
) -> None:
    answer: Any = {
        "Error": {"Code": code, "Message": ""},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    assert has_expired(ClientError(answer, operation)) is expected
