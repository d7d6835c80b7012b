"""A lake in S3 or in a store that speaks its protocol."""

import random
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from spark_jobs.runtime.content import changed, content_of
from spark_jobs.runtime.lake.base import Lake, Object, Stored, checked

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CONFLICT_TRIES = 6
WRITE = "write"  # tells a conditional write from an equal one of somebody else


class S3Lake(Lake):
    """Set up by the standard AWS_… variables alone; conditional writes are S3's own.

    `If-None-Match: *` creates, `If-Match: <etag>` swaps. 412 means that somebody else was
    first. 409 means that a competing write is under way, and is tried again
    (docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html).
    """

    def __init__(self, root: str, client: "S3Client | None" = None) -> None:
        self.root = root.rstrip("/")
        self.bucket, _, self.prefix = self.root.removeprefix("s3://").partition("/")
        # one hung call must not outlast the lease of a claim
        self.client = client or boto3.client(
            "s3", config=Config(connect_timeout=5, read_timeout=15)
        )

    def read(self, key: str) -> Stored | None:
        try:
            answer = self.client.get_object(Bucket=self.bucket, Key=self._key(key))
        except self.client.exceptions.NoSuchKey:
            return None
        return Stored(answer["Body"].read(), answer["ETag"])

    def write(self, key: str, body: bytes) -> str:
        return self.client.put_object(Bucket=self.bucket, Key=self._key(key), Body=body)["ETag"]

    def create(self, key: str, body: bytes) -> str | None:
        return self._put_if({"IfNoneMatch": "*"}, key, body)

    def swap(self, key: str, body: bytes, etag: str) -> str | None:
        return self._put_if({"IfMatch": etag}, key, body)

    def list(self, prefix: str) -> Iterator[Object]:
        pages = self.client.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=self._full(prefix)
        )
        strip = len(self._full(""))
        for page in pages:
            for entry in page.get("Contents", ()):
                yield Object(entry.get("Key", "")[strip:], entry.get("Size", 0))

    def upload(self, path: Path, key: str, content: str) -> None:
        try:
            self.client.head_object(Bucket=self.bucket, Key=self._key(key))
        except ClientError as error:
            if _status(error) != 404:
                raise
            self.client.upload_file(
                str(path), self.bucket, self._key(key), ExtraArgs={"ChecksumAlgorithm": "SHA256"}
            )
            if content_of(path) != content:
                self.client.delete_object(Bucket=self.bucket, Key=self._key(key))
                raise changed(path) from None

    def _put_if(self, condition: Any, key: str, body: bytes) -> str | None:
        mark = uuid.uuid4().hex
        for attempt in range(CONFLICT_TRIES):
            try:
                return self.client.put_object(
                    Bucket=self.bucket,
                    Key=self._key(key),
                    Body=body,
                    Metadata={WRITE: mark},
                    **condition,
                )["ETag"]
            except ClientError as error:
                if error_code(error) in ("PreconditionFailed", "NoSuchKey"):
                    # the answer to our own first try may have been lost on the way
                    return self._written_with(key, mark)
                if _status(error) != 409 or attempt == CONFLICT_TRIES - 1:
                    raise
                time.sleep(random.uniform(0, 0.1 * 2**attempt))
        return None

    def _written_with(self, key: str, mark: str) -> str | None:
        try:
            answer = self.client.head_object(Bucket=self.bucket, Key=self._key(key))
        except ClientError as error:
            if _status(error) != 404:
                raise
            return None
        return answer["ETag"] if answer["Metadata"].get(WRITE) == mark else None

    def _key(self, key: str) -> str:
        return self._full(checked(key))

    def _full(self, key: str) -> str:
        return f"{self.prefix}/{key}" if self.prefix else key


def error_code(error: ClientError) -> str:
    """S3's own word for what went wrong, such as `NoSuchKey`."""
    return error.response.get("Error", {}).get("Code", "unknown error")


def _status(error: ClientError) -> int:
    return error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
