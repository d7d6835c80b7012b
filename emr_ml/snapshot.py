"""A snapshot of a source: which files there are, what identifies their content, their headers."""

import bz2
import codecs
import csv
import io
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from emr_ml.contract import Dialect
from spark_jobs.runtime.content import content_of
from spark_jobs.runtime.job import SourceFile
from spark_jobs.runtime.lake import Lake

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

HEAD_BYTES = 64 * 1024


class SourceError(Exception):
    """The source can't be taken: the message says where and what to do."""


def take_snapshot(source: str, lake: Lake, asset: str, dialect: Dialect) -> list[SourceFile]:
    """The files of a source, by name.

    A folder or prefix is taken with all below it but what is hidden (`.` or `_` in front).
    Files of this machine are uploaded to a lake in S3, once and by content. Objects in S3 are
    referenced where they are.

    Raises:
        SourceError: nothing is there, or it can't be read.
    """
    files = _objects(source, dialect) if source.startswith("s3://") else _paths(source, dialect)
    found = list(_kept_in(lake, asset, files))
    if not found:
        raise SourceError(
            f"there is no file in {source}: put CSV files there, or name another source"
        )
    return found


def header_of(head: bytes, name: str, dialect: Dialect) -> tuple[str, ...]:
    """The names in the first record of a file that starts with these bytes; () if it is empty.

    Raises:
        SourceError: the bytes are not of the dialect's encoding, or no record ends within them.
    """
    encoding = "utf-8-sig" if dialect.encoding.lower() in ("utf-8", "utf8") else dialect.encoding
    try:
        # not final: the last character may be cut in two
        text = codecs.getincrementaldecoder(encoding)().decode(head)
    except UnicodeDecodeError as error:
        # the decoder does not count a byte order mark
        at = error.start + len(head) - len(error.object)
        raise SourceError(
            f"{name} is not {dialect.encoding}: byte {at} is {head[at]:#04x}. "
            "Set `encoding` under `dialect` in the contract"
        ) from error
    doubled = dialect.escape == dialect.quote
    rest = io.StringIO(text, newline="")
    records = csv.reader(
        rest,
        delimiter=dialect.delimiter,
        quotechar=dialect.quote,
        escapechar=None if doubled else dialect.escape,
        doublequote=doubled,
        skipinitialspace=dialect.trim,
    )
    with suppress(csv.Error):
        for record in records:
            if len(head) >= HEAD_BYTES and not rest.read(1):
                raise SourceError(
                    f"the first record of {name} does not end within {HEAD_BYTES} bytes: "
                    "check `delimiter` and `quote` under `dialect` in the contract"
                )
            if record:
                return tuple(field.strip() if dialect.trim else field for field in record)
    return ()


def _paths(source: str, dialect: Dialect) -> Iterator[tuple[SourceFile, Path | None]]:
    root = Path(source)
    try:
        if not root.exists():
            raise SourceError(f"there is nothing at {source}: check the path of the source")
        paths = [root] if root.is_file() else (p for p in root.rglob("*") if p.is_file())
        start = root.parent if root.is_file() else root
        for name, path in sorted((p.relative_to(start).as_posix(), p) for p in paths):
            if path != root and any(part[0] in "._" for part in name.split("/")):
                continue
            if path.name[0] in "._" or ":" in path.name:
                raise SourceError(
                    f"Spark can't read a file named '{path.name}': give {path} another name"
                )
            with path.open("rb") as file:
                head = _unpacked(file.read(HEAD_BYTES), name)
            columns = header_of(head, str(path), dialect)
            file = SourceFile(name, str(path), path.stat().st_size, content_of(path), columns)
            yield file, path
    except PermissionError as error:
        raise SourceError(
            f"{error.filename} can't be read: {error.strerror}. Give this user the right to"
        ) from error


def _objects(source: str, dialect: Dialect) -> Iterator[tuple[SourceFile, Path | None]]:
    import boto3  # half a second that a local source does not need
    from botocore.exceptions import BotoCoreError, ClientError

    # no URL parser: a key may hold ? and #
    bucket, _, prefix = source.removeprefix("s3://").partition("/")
    client = boto3.client("s3")
    try:
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for entry in page.get("Contents", ()):
                key, size = entry.get("Key", ""), entry.get("Size", 0)
                name = _name_below(prefix, key)
                if name is None:
                    continue
                uri = f"s3://{bucket}/{key}"
                head = _unpacked(_first_bytes(client, bucket, key, size), name)
                content = f"etag:{entry.get('ETag', '')}"
                yield SourceFile(name, uri, size, content, header_of(head, uri, dialect)), None
    except (ClientError, BotoCoreError) as error:
        raise SourceError(f"{source} can't be read: {error}") from error


def _first_bytes(client: "S3Client", bucket: str, key: str, size: int) -> bytes:
    if not size:
        return b""  # there is no range of nothing
    asked = f"bytes=0-{HEAD_BYTES - 1}"
    return client.get_object(Bucket=bucket, Key=key, Range=asked)["Body"].read()


def _name_below(prefix: str, key: str) -> str | None:
    """The object's name in the source, or None where it is no part of it."""
    if key == prefix:
        name = key.rpartition("/")[2]
    else:
        folder = prefix if not prefix or prefix.endswith("/") else f"{prefix}/"
        # the prefix `data` also lists `database.csv`
        name = key[len(folder) :] if key.startswith(folder) else ""
    hidden = any(part[:1] in ("", ".", "_") for part in name.split("/"))
    return None if hidden and key != prefix else name or None


def _kept_in(
    lake: Lake, asset: str, files: Iterator[tuple[SourceFile, Path | None]]
) -> Iterator[SourceFile]:
    for file, path in files:
        if path is None or not lake.root.startswith("s3://"):
            yield file
            continue
        # Spark tells how a file is packed by its name's end
        suffix = "".join(Path(file.name).suffixes[-2:])
        key = f"{asset}/files/{file.content.removeprefix('sha256:')}{suffix}"
        lake.upload(path, key, file.content)
        yield SourceFile(file.name, lake.uri(key), file.size, file.content, file.columns)


def _unpacked(head: bytes, name: str) -> bytes:
    """The start of what is packed in the start of a file; what is cut off is no error here."""
    try:
        if name.endswith(".gz"):
            return zlib.decompressobj(wbits=zlib.MAX_WBITS | 16).decompress(head, HEAD_BYTES)
        if name.endswith(".bz2"):
            return bz2.BZ2Decompressor().decompress(head, HEAD_BYTES)
    except (zlib.error, OSError) as error:
        raise SourceError(f"{name} can't be unpacked: {error}") from error
    return head
