"""The interface of a lake."""

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from spark_jobs.runtime.job import JobError

T = TypeVar("T")
SHOWN = 200  # characters of what is wrong with an object


@dataclass(frozen=True)
class Stored:
    """An object's bytes, the tag that changes whenever they do, and its address."""

    body: bytes
    etag: str
    uri: str

    def json(self) -> dict[str, Any]:
        """The JSON object in it; JobError if there is none."""
        return self.parsed(dict[str, Any])

    def parsed(self, make: Callable[[dict[str, Any]], T]) -> T:
        """What `make` makes of the JSON object in it.

        Raises:
            JobError: there is none, or nothing can be made of it: somebody else wrote it.
        """
        try:
            value = json.loads(self.body)
            if not isinstance(value, dict):
                raise TypeError(f"a {type(value).__name__} is no JSON object")
            return make(value)
        # what is nested too deeply is a RecursionError
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            why = " ".join(str(error).split())[:SHOWN]
            raise JobError(
                f"{self.uri} is not what this project writes ({why}). Bring back an earlier "
                "version of it, or delete it and materialize the asset again"
            ) from error


@dataclass(frozen=True)
class Object:
    """An entry of a listing; `size` in bytes, `modified` in seconds since 1970."""

    key: str
    size: int
    modified: float


class Lake(ABC):
    """Objects by key (`asset/version/report.json`) below one root.

    A reader sees the whole of an object or nothing of it. Keys never start with a slash and
    never climb out of the root; a key that does raises NoKeyError.
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


class NoKeyError(JobError, ValueError):
    """What is no key could lead out of the lake."""


def checked(key: str) -> str:
    """The key itself; NoKeyError if it could lead out of the lake."""
    if not key or "\0" in key or any(part in ("", ".", "..") for part in key.split("/")):
        raise NoKeyError(f"{key!r} is not a key of the lake: whatever named it is damaged")
    return key
