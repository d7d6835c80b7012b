"""The interface of a lake."""

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from spark_jobs.runtime.job import JobError

T = TypeVar("T")
MAX_REASON_CHARACTERS = 200


@dataclass(frozen=True)
class Stored:
    """An object's bytes, the tag that changes whenever they do, and its address."""

    body: bytes
    etag: str
    uri: str

    def json(self) -> dict[str, Any]:
        """Return the JSON object in it.

        Raises:
            JobError: it does not contain a JSON object.
        """
        return self.parsed(dict[str, Any])

    def parsed(self, parse: Callable[[dict[str, Any]], T]) -> T:
        """Return what `parse` makes of the JSON object in it.

        Raises:
            JobError: it does not contain a JSON object, or `parse` failed: this project did not
                write it.
        """
        try:
            value = json.loads(self.body)
            if not isinstance(value, dict):
                raise TypeError(f"a {type(value).__name__} is not a JSON object")
            return parse(value)
        # JSON that is nested too deeply raises RecursionError
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            reason = " ".join(str(error).split())[:MAX_REASON_CHARACTERS]
            raise JobError(
                f"{self.uri} is not what this project writes ({reason}). Restore an earlier "
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

    A reader sees a whole object or none. A key that starts with a slash, or leads out of the root
    in another way, raises InvalidKeyError.
    """

    root: str

    def uri(self, key: str) -> str:
        """Return the address that Spark reads and writes: a plain path, or `s3://…`."""
        return f"{self.root}/{checked(key)}"

    @abstractmethod
    def below(self, key: str) -> "Lake":
        """Return the lake whose root is a folder of this one."""

    @abstractmethod
    def read(self, key: str) -> Stored | None:
        """Return the object, or None if there is none."""

    @abstractmethod
    def write(self, key: str, body: bytes) -> str:
        """Write the object, replacing any other, and return its etag."""

    @abstractmethod
    def create(self, key: str, body: bytes) -> str | None:
        """Write only if there is no object, and return the etag; None if there is one."""

    @abstractmethod
    def swap(self, key: str, body: bytes, etag: str) -> str | None:
        """Write only over the object with that etag, and return the new one; None if it changed."""

    @abstractmethod
    def remove(self, key: str) -> None:
        """Remove the object if there is one."""

    @abstractmethod
    def list(self, prefix: str) -> Iterator[Object]:
        """Yield the objects whose keys start with the prefix, in order of key."""

    @abstractmethod
    def upload(self, path: Path, key: str, content: str) -> None:
        """Stream a local file into the lake, unless there is an object already.

        Raises:
            JobError: the file does not, or no longer, have that content; see `content_of`.
        """

    def write_if_unchanged(self, key: str, body: bytes, etag: str | None) -> str | None:
        """Swap the object with that etag, or create it if `etag` is None.

        Returns:
            The new etag, or None if another writer was first.
        """
        return self.create(key, body) if etag is None else self.swap(key, body, etag)

    def write_json(self, key: str, value: Mapping[str, Any]) -> str:
        return self.write(key, as_json(value))


def as_json(value: Mapping[str, Any]) -> bytes:
    """Return JSON as it is stored: readable, keys sorted; NaN and infinity raise ValueError."""
    return json.dumps(value, indent=1, sort_keys=True, allow_nan=False, ensure_ascii=False).encode()


class InvalidKeyError(JobError, ValueError):
    """A key that could lead out of the lake."""


def checked(key: str) -> str:
    """Return the key.

    Raises:
        InvalidKeyError: it could lead out of the lake.
    """
    if not key or "\0" in key or any(part in ("", ".", "..") for part in key.split("/")):
        raise InvalidKeyError(
            f"{key!r} is not a key of the lake: the file that names it is damaged"
        )
    return key
