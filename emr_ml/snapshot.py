"""A snapshot of a source: which files there are, what identifies their content, their columns."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from emr_ml.contract import Contract
from emr_ml.heads import SourceError, columns_of
from spark_jobs.runtime.content import content_of
from spark_jobs.runtime.job import SourceFile
from spark_jobs.runtime.lake import Lake

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def take_snapshot(source: str, lake: Lake, asset: str, contract: Contract) -> list[SourceFile]:
    """The files of a source, by name.

    A folder or prefix is taken with all below it but what is hidden (`.` or `_` in front).
    Files of this machine are uploaded to a lake in S3, once and by content. Objects in S3 are
    referenced where they are.

    Raises:
        SourceError: nothing is there, or it can't be read.
    """
    files = _objects(source, contract) if source.startswith("s3://") else _paths(source, contract)
    found = list(_kept_in(lake, asset, files))
    if not found:
        raise SourceError(f"there is no file in {source}: put files there, or name another source")
    return found


def _paths(source: str, contract: Contract) -> Iterator[tuple[SourceFile, Path | None]]:
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
            size = path.stat().st_size
            columns = columns_of(partial(_read_path, path), size, str(path), contract)
            yield SourceFile(name, str(path), size, content_of(path), columns), path
    except PermissionError as error:
        raise SourceError(
            f"{error.filename} can't be read: {error.strerror}. Give this user the right to"
        ) from error


def _objects(source: str, contract: Contract) -> Iterator[tuple[SourceFile, Path | None]]:
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
                read = partial(_read_object, client, bucket, key)
                columns = columns_of(read, size, uri, contract)
                yield SourceFile(name, uri, size, f"etag:{entry.get('ETag', '')}", columns), None
    except (ClientError, BotoCoreError) as error:
        raise SourceError(f"{source} can't be read: {error}") from error


def _read_path(path: Path, start: int, length: int) -> bytes:
    with path.open("rb") as file:
        file.seek(start)
        return file.read(length)


def _read_object(client: "S3Client", bucket: str, key: str, start: int, length: int) -> bytes:
    asked = f"bytes={start}-{start + length - 1}"
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
