"""The decompressed bytes of a source file, local or in S3."""

import bz2
import gzip
import io
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from spark_jobs.runtime.job import JobError, SourceFile
from spark_jobs.runtime.s3 import error_code, split_uri

COMPRESSED = (".gz", ".bz2")
BUFFER = 1 << 20


@contextmanager
def open_source(file: SourceFile) -> Generator[IO[bytes]]:
    """Open the file for reading, decompressed if its name ends in .gz or .bz2.

    Raises:
        JobError: on opening or while reading: the file does not exist, can't be read, is damaged,
            or ends before its compressed data does.
    """
    try:
        with _open_stored(file) as stored:
            if file.uri.endswith(".gz"):
                yield cast("IO[bytes]", gzip.GzipFile(fileobj=stored))
            elif file.uri.endswith(".bz2"):
                yield bz2.BZ2File(stored)
            else:
                yield stored
    except EOFError as error:
        raise JobError(
            f"{file.name} ends before its compressed data does: copy it again"
        ) from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise JobError(f"{file.name} is damaged ({error}): copy it again") from error
    except OSError as error:
        if file.uri.endswith(COMPRESSED) and error.errno is None:
            raise JobError(f"{file.name} is damaged ({error}): copy it again") from error
        raise JobError(f"{file.uri} can't be read: {error.strerror or error}") from error


@contextmanager
def _open_stored(file: SourceFile) -> Generator[IO[bytes]]:
    if not file.uri.startswith("s3://"):
        with Path(file.uri).open("rb", buffering=BUFFER) as stored:
            yield stored
        return
    import boto3  # half a second that a local source does not need
    from botocore.exceptions import ClientError

    bucket, key = split_uri(file.uri)
    try:
        body = boto3.client("s3").get_object(Bucket=bucket, Key=key)["Body"]
    except ClientError as error:
        raise JobError(f"{file.uri} can't be read: {error_code(error)}") from error
    with body:
        yield io.BufferedReader(body, BUFFER)  # pyright: ignore[reportArgumentType]
