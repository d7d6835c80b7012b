"""The files of a source, from a listing alone: no file is opened."""

import os
import stat
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from emr_ml.errors import UserError, is_aws_error
from spark_jobs.runtime.s3 import split_uri

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

OF_WINDOWS = ("thumbs.db", "desktop.ini")
ReadRange = Callable[[int, int], bytes]


class SourceError(UserError):
    """The source can't be used: the message states where, and what to do."""


@dataclass(frozen=True)
class ListedFile:
    """A file of a source, as it was listed.

    Args:
        name: relative to the source.
        uri: path or `s3://` address.
        size: in bytes.
        stamp: changes when the file is rewritten: its modification time in ns, or its ETag.
        modified: time of the last change, in seconds since 1970.
        read: returns bytes: from a position, up to a length or the end of the file.
    """

    name: str
    uri: str
    size: int
    stamp: str
    modified: float
    read: ReadRange

    @property
    def path(self) -> Path | None:
        """The path on this machine, or None in S3."""
        return None if self.uri.startswith("s3://") else Path(self.uri)


def list_source(source: str) -> Iterator[ListedFile]:
    """Yield the files of a source: one file, or all below a folder or prefix, sorted by name.

    Files and folders whose names start with `.` or `_` are hidden: Spark skips them. So are the
    files that Windows adds to folders.

    Raises:
        SourceError: the source does not exist, or holds a file that must not be read.
    """
    return _list_objects(source) if source.startswith("s3://") else _list_paths(source)


@contextmanager
def readable(source: str) -> Generator[None]:
    """Turn errors of reading the source, in the block, into a SourceError."""
    try:
        yield
    except PermissionError as error:
        raise SourceError(
            f"{error.filename} can't be read: {error.strerror}. Give this user permission to read "
            "it"
        ) from error
    except FileNotFoundError as error:
        raise SourceError(
            f"{error.filename} disappeared while {source} was read: try again"
        ) from error
    except Exception as error:
        if not is_aws_error(error):
            raise
        raise SourceError(f"{source} can't be read: {error}") from error


def _list_paths(source: str) -> Iterator[ListedFile]:
    root = Path(source)
    if not root.exists():
        raise SourceError(f"there is nothing at {source}: check the path of the source")
    folder, paths = (root.parent, [root]) if root.is_file() else (root, _visible_files(root))
    for name, path in sorted((path.relative_to(folder).as_posix(), path) for path in paths):
        if path.name[0] in "._" or ":" in path.name:
            raise SourceError(f"Spark can't read a file named '{path.name}': rename {path}")
        status = path.stat()
        yield ListedFile(
            name=name,
            uri=str(path),
            size=status.st_size,
            stamp=str(status.st_mtime_ns),
            modified=status.st_mtime,
            read=partial(_read_path, path),
        )


def _visible_files(root: Path) -> Iterator[Path]:
    def fail(error: OSError) -> None:
        raise error

    for folder, folders, names in os.walk(root, onerror=fail):
        folders[:] = [name for name in folders if name[0] not in "._"]
        for path in (Path(folder, name) for name in names if not _is_hidden(name)):
            if path.is_file():
                _check_link(path)
                yield path


def _is_hidden(name: str) -> bool:
    return name[0] in "._" or name.lower() in OF_WINDOWS


def _check_link(path: Path) -> None:
    """Refuse a link of another user, which could expose files that only this user may read."""
    status = path.lstat()
    if stat.S_ISLNK(status.st_mode) and status.st_uid not in (os.geteuid(), 0):
        raise SourceError(
            f"{path} is a link that another user created, so it is not followed: replace it with "
            "the file, or create the link yourself"
        )


def _read_path(path: Path, start: int, length: int) -> bytes:
    with path.open("rb") as file:
        file.seek(start)
        return file.read(length)


def _list_objects(source: str) -> Iterator[ListedFile]:
    import boto3  # takes half a second, which a local source does not need

    bucket, prefix = split_uri(source)
    client = boto3.client("s3")
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for item in page.get("Contents", ()):
            key = item.get("Key", "")
            name = _relative_name(prefix, key)
            if name is None:
                continue
            yield ListedFile(
                name=name,
                uri=f"s3://{bucket}/{key}",
                size=item.get("Size", 0),
                stamp=item.get("ETag", ""),
                modified=item["LastModified"].timestamp() if "LastModified" in item else 0.0,
                read=partial(_read_object, client, bucket, key),
            )


def _relative_name(prefix: str, key: str) -> str | None:
    """Return an object's name within the source, or None if it is hidden or outside of it."""
    if key == prefix:
        return key.rpartition("/")[2] or None
    folder = prefix if not prefix or prefix.endswith("/") else f"{prefix}/"
    # listing the prefix `data` also returns `database.csv`
    if not key.startswith(folder):
        return None
    name = key[len(folder) :]
    is_hidden = any(not part or _is_hidden(part) for part in name.split("/"))
    return None if is_hidden else name


def _read_object(client: "S3Client", bucket: str, key: str, start: int, length: int) -> bytes:
    byte_range = f"bytes={start}-{start + length - 1}"
    return client.get_object(Bucket=bucket, Key=key, Range=byte_range)["Body"].read()
