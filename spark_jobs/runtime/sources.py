"""Check that source files still have the content that the snapshot recorded."""

from collections.abc import Iterable
from pathlib import Path

from spark_jobs.runtime.content import changed_error, content_of
from spark_jobs.runtime.job import JobError, SourceFile
from spark_jobs.runtime.s3 import error_code, split_uri


class SnapshotGuard:
    """Compares files with the snapshot before they are read, and again after."""

    def __init__(self, files: Iterable[SourceFile]) -> None:
        self._files = tuple(files)
        self._fingerprints: dict[str, object] = {}

    def check_before(self) -> None:
        """Raise JobError for a file whose content is not the snapshot's."""
        for file in self._files:
            self._fingerprints[file.uri] = _fingerprint(file)
            if _content(file) != file.content:
                raise changed_error(file.uri)

    def check_after(self) -> None:
        """Raise JobError for a file that was replaced while it was read."""
        for file in self._files:
            touched = _fingerprint(file) != self._fingerprints[file.uri]
            if touched and _content(file) != file.content:
                raise changed_error(file.uri)


def _fingerprint(file: SourceFile) -> object:
    """Return a value that changes with every write of the file, and is cheap to get."""
    if file.uri.startswith("s3://"):
        return _etag(file)
    try:
        stat = Path(file.uri).stat()
    except OSError as error:
        raise JobError(f"{file.uri} of the snapshot can't be read: {error.strerror}") from error
    return stat.st_size, stat.st_mtime_ns, stat.st_ino


def _content(file: SourceFile) -> str:
    if file.content.startswith("etag:"):
        return _etag(file)
    if file.uri.startswith("s3://"):
        # the lake's own copy, which is named by its content
        return file.content
    return content_of(Path(file.uri))


def _etag(file: SourceFile) -> str:
    import boto3  # half a second that a local source does not need
    from botocore.exceptions import ClientError

    bucket, key = split_uri(file.uri)
    try:
        answer = boto3.client("s3").head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        raise JobError(f"{file.uri} of the snapshot can't be read: {error_code(error)}") from error
    return f"etag:{answer['ETag']}"
