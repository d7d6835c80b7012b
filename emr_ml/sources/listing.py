"""Which files a source holds, from a listing alone: no file is opened."""

import os
import stat
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from emr_ml.errors import UserError, is_aws_error

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ReadRange = Callable[[int, int], bytes]


class SourceError(UserError):
    """The source can't be taken: the message says where and what to do."""


@dataclass(frozen=True)
class Entry:
    """A file of a source.

    `uri` is its path or `s3://` address, `size` is in bytes. `stamp` changes when it is written
    anew: its time of change in nanoseconds, or its ETag. `modified` is in seconds since 1970.
    `read` gives its bytes from a position on, as many as asked for or up to the end.
    """

    name: str
    uri: str
    size: int
    stamp: str
    modified: float
    read: ReadRange

    @property
    def path(self) -> Path | None:
        """Where it lies on this machine, or None."""
        return None if self.uri.startswith("s3://") else Path(self.uri)


def list_source(source: str) -> Iterator[Entry]:
    """The files of a source by name: a file, or all below a folder or prefix but what is hidden.

    Hidden is what has `.` or `_` in front, for Spark passes over it.

    Raises:
        SourceError: nothing is there, or it can't be listed.
    """
    return _objects(source) if source.startswith("s3://") else _paths(source)


@contextmanager
def readable(source: str) -> Generator[None]:
    """What the block reads of the source but may not, or can't, becomes a SourceError."""
    try:
        yield
    except PermissionError as error:
        raise SourceError(
            f"{error.filename} can't be read: {error.strerror}. Give this user the right to"
        ) from error
    except FileNotFoundError as error:
        raise SourceError(
            f"{error.filename} went away while {source} was read: try again"
        ) from error
    except Exception as error:
        if not is_aws_error(error):
            raise
        raise SourceError(f"{source} can't be read: {error}") from error


def _paths(source: str) -> Iterator[Entry]:
    root = Path(source)
    if not root.exists():
        raise SourceError(f"there is nothing at {source}: check the path of the source")
    start = root.parent if root.is_file() else root
    paths = [root] if root.is_file() else _below(root)
    for name, path in sorted((path.relative_to(start).as_posix(), path) for path in paths):
        if path.name[0] in "._" or ":" in path.name:
            raise SourceError(
                f"Spark can't read a file named '{path.name}': give {path} another name"
            )
        state = path.stat()
        read = partial(_read_path, path)
        stamp = str(state.st_mtime_ns)
        yield Entry(name, str(path), state.st_size, stamp, state.st_mtime, read)


def _below(root: Path) -> Iterator[Path]:
    def fail(error: OSError) -> None:
        raise error

    for folder, folders, files in os.walk(root, onerror=fail):
        folders[:] = [name for name in folders if name[0] not in "._"]
        paths = (Path(folder, name) for name in files if name[0] not in "._")
        yield from (path for path in paths if path.is_file() and _may_be_followed(path))


def _may_be_followed(path: Path) -> bool:
    """True; SourceError for a link by which another user has this one read what they may not."""
    state = path.lstat()
    if stat.S_ISLNK(state.st_mode) and state.st_uid not in (os.geteuid(), 0):
        raise SourceError(
            f"{path} is a link that another user made, so it is not followed: put the file itself "
            "there, or make the link yourself"
        )
    return True


def _read_path(path: Path, start: int, length: int) -> bytes:
    with path.open("rb") as file:
        file.seek(start)
        return file.read(length)


def _objects(source: str) -> Iterator[Entry]:
    import boto3  # half a second that a local source does not need

    # no URL parser: a key may hold ? and #
    bucket, _, prefix = source.removeprefix("s3://").partition("/")
    client = boto3.client("s3")
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for found in page.get("Contents", ()):
            key = found.get("Key", "")
            name = _name_below(prefix, key)
            if name is None:
                continue
            yield Entry(
                name=name,
                uri=f"s3://{bucket}/{key}",
                size=found.get("Size", 0),
                stamp=found.get("ETag", ""),
                modified=found["LastModified"].timestamp() if "LastModified" in found else 0.0,
                read=partial(_read_object, client, bucket, key),
            )


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


def _read_object(client: "S3Client", bucket: str, key: str, start: int, length: int) -> bytes:
    asked = f"bytes={start}-{start + length - 1}"
    return client.get_object(Bucket=bucket, Key=key, Range=asked)["Body"].read()
