"""Check that source files still have the content that the snapshot recorded."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from spark_jobs.runtime.content import changed_error, content_of
from spark_jobs.runtime.job import JobError, SourceFile
from spark_jobs.runtime.s3 import error_code, split_uri

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

THREADS = 16  # of which each waits for S3 most of the time


class SnapshotGuard:
    """Compares files with the snapshot before they are read, and again after."""

    def __init__(self, files: Iterable[SourceFile]) -> None:
        self._files = tuple(files)
        self._fingerprints: list[object] = []

    def check_before(self) -> None:
        """Raise JobError for a file whose content is not the snapshot's."""
        self._fingerprints = self._check([None] * len(self._files))

    def check_after(self) -> None:
        """Raise JobError for a file that was replaced while it was read."""
        self._check(self._fingerprints)

    def _check(self, known: Iterable[object]) -> list[object]:
        """Return the fingerprint of each file; the content is checked where it is not the known."""
        client = _connect() if any(map(_is_in_s3, self._files)) else None

        def check(file: SourceFile, known: object) -> object:
            fingerprint = _etag(file, client) if client and _is_in_s3(file) else _stat(file)
            if fingerprint != known and _content(file, fingerprint) != file.content:
                raise changed_error(file.uri)
            return fingerprint

        with ThreadPoolExecutor(THREADS) as threads:
            return list(threads.map(check, self._files, known))


def _is_in_s3(file: SourceFile) -> bool:
    return file.uri.startswith("s3://")


def _connect() -> "S3Client":
    # it imports boto3: half a second that a local source does not need
    from spark_jobs.runtime.lake.s3 import connect

    return connect(connections=THREADS)


def _stat(file: SourceFile) -> tuple[int, ...]:
    """Return values that change with every write of a local file, and are cheap to get."""
    try:
        stat = Path(file.uri).stat()
    except OSError as error:
        raise JobError(f"{file.uri} of the snapshot can't be read: {error.strerror}") from error
    return stat.st_size, stat.st_mtime_ns, stat.st_ino


def _content(file: SourceFile, fingerprint: object) -> object:
    if file.content.startswith("etag:"):
        return fingerprint
    # the lake's own copy is named by its content
    return file.content if _is_in_s3(file) else content_of(Path(file.uri))


def _etag(file: SourceFile, client: "S3Client") -> str:
    from botocore.exceptions import ClientError  # takes half a second, as boto3 does

    bucket, key = split_uri(file.uri)
    try:
        answer = client.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        raise JobError(f"{file.uri} of the snapshot can't be read: {error_code(error)}") from error
    return f"etag:{answer['ETag']}"
