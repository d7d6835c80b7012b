"""The interface of a lake."""

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Stored:
    """An object's bytes, and the tag that changes whenever they do."""

    body: bytes
    etag: str

    def json(self) -> dict[str, Any]:
        return json.loads(self.body)


@dataclass(frozen=True)
class Object:
    """An entry of a listing; `size` in bytes, `modified` in seconds since 1970."""

    key: str
    size: int
    modified: float


class Lake(ABC):
    """Objects by key (`asset/version/report.json`) below one root.

    A reader sees the whole of an object or nothing of it. Keys never start with a slash and
    never climb out of the root; a key that does raises ValueError.
    """

    root: str

    def uri(self, key: str) -> str:
        """The address that Spark reads and writes: a plain path, or `s3://…`."""
        return f"{self.root}/{checked(key)}"

    @abstractmethod
    def read(self, key: str) -> Stored | None:
        """The object, or None where there is none."""

    @abstractmethod
    def write(self, key: str, body: bytes) -> str:
        """Write whatever was there before; the new etag."""

    @abstractmethod
    def create(self, key: str, body: bytes) -> str | None:
        """Write only if the key is free; the etag, or None if somebody else was first."""

    @abstractmethod
    def swap(self, key: str, body: bytes, etag: str) -> str | None:
        """Write only over the object with that etag; the new etag, or None if it has changed."""

    @abstractmethod
    def remove(self, key: str) -> None:
        """Remove the object, if it is there."""

    @abstractmethod
    def list(self, prefix: str) -> Iterator[Object]:
        """The objects whose keys start with the prefix, in order of key."""

    @abstractmethod
    def upload(self, path: Path, key: str, content: str) -> None:
        """Store a local file, streamed, unless the key is taken already.

        Raises:
            JobError: the file is not, or no longer, of that content (as `content_of` names it).
        """

    def write_json(self, key: str, value: Mapping[str, Any]) -> str:
        return self.write(key, as_json(value))


def as_json(value: Mapping[str, Any]) -> bytes:
    """JSON as it is stored: readable, one key order; NaN and infinity raise ValueError."""
    return json.dumps(value, indent=1, sort_keys=True, allow_nan=False, ensure_ascii=False).encode()


def checked(key: str) -> str:
    """The key itself; ValueError if it could lead out of the lake."""
    if not key or any(part in ("", ".", "..") for part in key.split("/")):
        raise ValueError(f"{key!r} is not a key of the lake")
    return key
