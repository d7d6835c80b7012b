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
from typing import IO, TYPE_CHECKING, cast

from spark_jobs.runtime.job import JobError, SourceFile
from spark_jobs.runtime.s3 import error_code, split_uri

if TYPE_CHECKING:
    from types import ModuleType

ZIP, ZSTD = ".zip", ".zst"
COMPRESSED = (".gz", ".bz2", ZIP, ZSTD)
FOLDER_OF_MACOS = "__MACOSX/"
ENCRYPTED = 1  # a bit of a member's flags
BUFFER = 1 << 20


@contextmanager
def open_source(file: SourceFile) -> Generator[IO[bytes]]:
    """Open the file for reading, decompressed as its name says.

    Raises:
        JobError: on opening or while reading: the file does not exist, can't be read, is damaged,
            or ends before its compressed data does.
    """
    try:
        with _open_stored(file) as stored, decompressed(stored, file.name) as content:
            yield content
    except OSError as error:
        raise JobError(f"{file.uri} can't be read: {error.strerror or error}") from error


def is_compressed(name: str) -> bool:
    """Return whether the suffix of a name, in any case, is that of a compressed file."""
    return name.lower().endswith(COMPRESSED)


def is_hidden_member(name: str) -> bool:
    """Return whether a member of an archive is a folder, or was added by macOS."""
    base = name.rpartition("/")[2]
    return not base or base.startswith(".") or name.startswith(FOLDER_OF_MACOS)


@contextmanager
def decompressed(stored: IO[bytes], name: str) -> Generator[IO[bytes]]:
    """Open what is compressed as the suffix of its name says, else the bytes as they are.

    Raises:
        JobError: on opening or while reading: the data is damaged, or ends too early, or is an
            archive of something else than one plain file.
    """
    if not is_compressed(name):
        yield stored
        return
    try:
        with _open_compressed(stored, name) as content:
            yield content
    except EOFError as error:
        raise JobError(f"{name} ends before its compressed data does: copy it again") from error
    except (zipfile.BadZipFile, zlib.error) as error:
        raise JobError(f"{name} is damaged ({error}): copy it again") from error
    except OSError as error:
        if error.errno is not None:
            raise
        raise JobError(f"{name} is damaged ({error}): copy it again") from error


@contextmanager
def _open_compressed(stored: IO[bytes], name: str) -> Generator[IO[bytes]]:
    suffix = name.lower()
    if suffix.endswith(".gz"):
        yield cast("IO[bytes]", gzip.GzipFile(fileobj=stored))
    elif suffix.endswith(".bz2"):
        yield bz2.BZ2File(stored)
    elif suffix.endswith(ZSTD):
        with _open_zstd(stored, name) as content:
            yield content
    else:
        with open_zipped(stored, name) as content:
            yield content


@contextmanager
def _open_zstd(stored: IO[bytes], name: str) -> Generator[IO[bytes]]:
    zstd = import_zstd(name)
    try:
        yield cast("IO[bytes]", zstd.ZstdFile(stored))
    except zstd.ZstdError as error:
        raise zlib.error(str(error)) from error


def import_zstd(name: str) -> "ModuleType":
    """Return the module that decompresses zstd.

    Raises:
        JobError: Python has none here; it is needed for the file of that name.
    """
    try:
        from backports import zstd  # only a .zst source needs it
    except ImportError as error:
        raise JobError(
            f"{name} is compressed by zstd, which this Python can't read: install the package "
            "backports.zstd where jobs run, or use gzip"
        ) from error
    return zstd


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
        found = [each for each in archive.infolist() if not is_hidden_member(each.filename)]
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
        yield io.BufferedReader(body, BUFFER)  # pyright: ignore[reportArgumentType] - it has readinto()
