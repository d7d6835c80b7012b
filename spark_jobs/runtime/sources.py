"""Source files: what identifies their content, and whether they are still what the snapshot saw."""

from collections.abc import Iterable
from pathlib import Path

from spark_jobs.runtime.content import changed, content_of
from spark_jobs.runtime.job import JobError, SourceFile


class Watch:
    """Compares files with the snapshot before they are read, and again after."""

    def __init__(self, files: Iterable[SourceFile]) -> None:
        self.files = tuple(files)
        self._seen: dict[str, object] = {}

    def before(self) -> None:
        """Raises JobError for a file whose content is not the snapshot's."""
        for file in self.files:
            self._seen[file.uri] = _state(file)
            if _content(file) != file.content:
                raise changed(file.uri)

    def after(self) -> None:
        """Raises JobError for a file that was replaced while it was read."""
        for file in self.files:
            if _state(file) != self._seen[file.uri] and _content(file) != file.content:
                raise changed(file.uri)


def _state(file: SourceFile) -> object:
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
        # the lake's own copy, named by its content
        return file.content
    return content_of(Path(file.uri))


def _etag(file: SourceFile) -> str:
    import boto3  # half a second that a local source does not need
    from botocore.exceptions import ClientError

    from spark_jobs.runtime.lake.s3 import error_code

    # no URL parser: a key may hold ? and #
    bucket, _, key = file.uri.removeprefix("s3://").partition("/")
    try:
        answer = boto3.client("s3").head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        raise JobError(f"{file.uri} of the snapshot can't be read: {error_code(error)}") from error
    return f"etag:{answer['ETag']}"
