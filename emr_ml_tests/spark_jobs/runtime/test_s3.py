"""Addresses and errors of S3."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from spark_jobs.runtime.s3 import error_code, split_uri


@pytest.mark.parametrize(
    ("uri", "bucket", "key"),
    [
        ("s3://bucket", "bucket", ""),
        ("s3://bucket/", "bucket", ""),
        ("s3://bucket/some/key.csv", "bucket", "some/key.csv"),
        ("s3://bucket/what? #1 + ü%20.csv", "bucket", "what? #1 + ü%20.csv"),
    ],
)
def test_an_address_has_a_bucket_and_a_key_of_any_characters(
    uri: str, bucket: str, key: str
) -> None:
    assert split_uri(uri) == (bucket, key)


@pytest.mark.parametrize(
    ("answer", "code"), [({"Error": {"Code": "NoSuchKey"}}, "NoSuchKey"), ({}, "unknown error")]
)
def test_an_error_has_the_code_of_s3_if_there_is_one(answer: Any, code: str) -> None:
    assert error_code(ClientError(answer, "GetObject")) == code
