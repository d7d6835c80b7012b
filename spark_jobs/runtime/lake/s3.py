"""A lake in S3, or in a store with the same API."""

import random
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from boto3.exceptions import S3UploadFailedError
from botocore.config import Config
from botocore.exceptions import ClientError

from spark_jobs.runtime.content import changed_error, content_of
from spark_jobs.runtime.lake.base import Lake, Object, Stored, checked
from spark_jobs.runtime.s3 import EXPIRED_CODES, error_code, split_uri

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CONFLICT_TRIES = 6
EXPIRED_TRIES = 12
EXPIRED_PAUSE_SECONDS = 5.0
WRITE_ID = "write"  # metadata that distinguishes equal writes of two processes


class S3Lake(Lake):
    """Configured by the standard AWS_… variables alone, with S3's own conditional writes.

    `If-None-Match: *` creates, `If-Match: <etag>` swaps. 412 means that another process was
    first. 409 means that a competing write is in progress, and is retried
    (docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html).
    """

    def __init__(self, root: str, client: "S3Client | None" = None) -> None:
        self.root = root.rstrip("/")
        self.bucket, self.prefix = split_uri(self.root)
        self.client = client or connect()

    def below(self, key: str) -> "S3Lake":
        return S3Lake(self.uri(key), self.client)

    def read(self, key: str) -> Stored | None:
        try:
            answer = self._ask("get_object", Key=self._key(key))
        except ClientError as error:
            if error_code(error) != "NoSuchKey":
                raise
            return None
        return Stored(answer["Body"].read(), answer["ETag"], self.uri(key))

    def write(self, key: str, body: bytes) -> str:
        return self._ask("put_object", Key=self._key(key), Body=body)["ETag"]

    def create(self, key: str, body: bytes) -> str | None:
        return self._put_if({"IfNoneMatch": "*"}, key, body)

    def swap(self, key: str, body: bytes, etag: str) -> str | None:
        return self._put_if({"IfMatch": etag}, key, body)

    def remove(self, key: str) -> None:
        # Spark's connector leaves empty objects for folders; their keys end with a slash
        folder = "/" if key.endswith("/") else ""
        self._ask("delete_object", Key=self._key(key.removesuffix("/")) + folder)

    def list(self, prefix: str) -> Iterator[Object]:
        strip = len(self._full(""))
        more: dict[str, str] = {}
        while True:
            page = self._ask("list_objects_v2", Prefix=self._full(prefix), **more)
            for entry in page.get("Contents", ()):
                modified = entry["LastModified"].timestamp()
                yield Object(entry["Key"][strip:], entry["Size"], modified)
            if not page["IsTruncated"]:
                return
            more = {"ContinuationToken": page["NextContinuationToken"]}

    def upload(self, path: Path, key: str, content: str) -> None:
        try:
            self._ask("head_object", Key=self._key(key))
        except ClientError as error:
            if _status(error) != 404:
                raise
            checksum = {"ChecksumAlgorithm": "SHA256"}
            self._ask("upload_file", Filename=str(path), Key=self._key(key), ExtraArgs=checksum)
            if content_of(path) != content:
                self.remove(key)
                raise changed_error(path) from None

    def _put_if(self, condition: Any, key: str, body: bytes) -> str | None:
        write_id = uuid.uuid4().hex
        for attempt in range(CONFLICT_TRIES):
            try:
                return self._ask(
                    "put_object",
                    Key=self._key(key),
                    Body=body,
                    Metadata={WRITE_ID: write_id},
                    **condition,
                )["ETag"]
            except ClientError as error:
                if error_code(error) in ("PreconditionFailed", "NoSuchKey"):
                    # the answer to this process's first try may have been lost
                    return self._etag_if_written(key, write_id)
                if _status(error) != 409 or attempt == CONFLICT_TRIES - 1:
                    raise
                time.sleep(random.uniform(0, 0.1 * 2**attempt))
        return None

    def _etag_if_written(self, key: str, write_id: str) -> str | None:
        try:
            answer = self._ask("head_object", Key=self._key(key))
        except ClientError as error:
            if _status(error) != 404:
                raise
            return None
        return answer["ETag"] if answer["Metadata"].get(WRITE_ID) == write_id else None

    def _ask(self, operation: str, **parameters: Any) -> Any:
        """Call an operation on the bucket, reloading credentials that have expired."""
        for left in range(EXPIRED_TRIES, -1, -1):
            try:
                return getattr(self.client, operation)(Bucket=self.bucket, **parameters)
            except (ClientError, S3UploadFailedError) as error:
                if not has_expired(error) or not left:
                    raise
            time.sleep(random.uniform(0, EXPIRED_PAUSE_SECONDS))
            self.client = connect(boto3.Session())
        return None

    def _key(self, key: str) -> str:
        return self._full(checked(key))

    def _full(self, key: str) -> str:
        return f"{self.prefix}/{key}" if self.prefix else key


def connect(session: boto3.Session | None = None, connections: int = 10) -> "S3Client":
    """Return a client; that of a new session loads its credentials now.

    Args:
        session: of boto3; by default the shared one.
        connections: as many as threads use it at once.
    """
    # a hung attempt ends so early that the next one can still renew a lease
    config = Config(
        connect_timeout=5,
        read_timeout=15,
        retries={"total_max_attempts": 8, "mode": "standard"},
        max_pool_connections=connections,
    )
    return (session or boto3).client("s3", config=config)


def has_expired(error: ClientError | S3UploadFailedError) -> bool:
    """Return whether the credentials have expired, so that reloading them may help."""
    if isinstance(error, S3UploadFailedError):
        return any(code in str(error) for code in EXPIRED_CODES)
    # the answer to a HEAD has no body, hence no error code
    bare = error.operation_name.startswith("Head") and _status(error) == 400
    return bare or error_code(error) in EXPIRED_CODES


def _status(error: ClientError) -> int:
    return error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
