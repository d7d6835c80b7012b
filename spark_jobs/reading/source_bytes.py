"""The decompressed bytes of a source file, local or in S3."""

import bz2
import gzip
import io
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from spark_jobs.runtime.job import JobError, SourceFile
from spark_jobs.runtime.s3 import error_code, split_uri

ZIP = ".zip"
COMPRESSED = (".gz", ".bz2", ZIP)
HIDDEN = ("__MACOSX/", ".")  # what macOS adds to an archive
ENCRYPTED = 1  # a bit of a member's flags
BUFFER = 1 << 20


@contextmanager
def open_source(file: SourceFile) -> Generator[IO[bytes]]:
    """Open the file for reading, decompressed if its name ends in .gz, .bz2 or .zip.

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
            elif file.uri.endswith(ZIP):
                with open_zipped(stored, file.name) as content:
                    yield content
            else:
                yield stored
    except EOFError as error:
        raise JobError(
            f"{file.name} ends before its compressed data does: copy it again"
        ) from error
    except (gzip.BadGzipFile, zipfile.BadZipFile, zlib.error) as error:
        raise JobError(f"{file.name} is damaged ({error}): copy it again") from error
    except OSError as error:
        if file.uri.endswith(COMPRESSED) and error.errno is None:
            raise JobError(f"{file.name} is damaged ({error}): copy it again") from error
        raise JobError(f"{file.uri} can't be read: {error.strerror or error}") from error


@contextmanager
def open_zipped(stored: IO[bytes], name: str) -> Generator[IO[bytes]]:
    """Open the only file in a zip archive.

    Raises:
        JobError: there are several files, or none, or a password is needed.
    """
    with tempfile.TemporaryFile() as copy:
        if not stored.seekable():
            shutil.copyfileobj(stored, copy, BUFFER)
        archive = zipfile.ZipFile(stored if stored.seekable() else copy)
        found = [
            each
            for each in archive.infolist()
            if not each.is_dir() and not each.filename.startswith(HIDDEN)
        ]
        if len(found) != 1:
            raise JobError(
                f"{name} holds {len(found)} files, but one can be read: unpack it, and name the "
                "folder as the source"
            )
        if found[0].flag_bits & ENCRYPTED:
            raise JobError(f"{name} needs a password: unpack it")
        with archive.open(found[0]) as content:
            yield content


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
