"""The request and the result of a Spark job."""

import hashlib
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Self

from spark_jobs.runtime.parts import ManifestEntry, Part


class JobError(Exception):
    """A mistake that the user can fix: the message says what, where and what to do next."""


@dataclass(frozen=True)
class SourceFile:
    """One input file as the snapshot recorded it.

    `content` identifies the bytes: `sha256:…` of a local file, `etag:…` of an object in S3.
    `columns` are the names in the file's header, in the order of the file.
    """

    name: str
    uri: str
    size: int
    content: str
    columns: tuple[str, ...]

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> Self:
        """Return the file that `as_json` wrote."""
        fields: dict[str, Any] = {**value, "columns": tuple(value["columns"])}
        return cls(**fields)

    def as_json(self) -> dict[str, Any]:
        return {**vars(self), "columns": list(self.columns)}


@dataclass(frozen=True)
class Input:
    """A committed version that a job reads; `path` is where the data of its attempt is.

    `files` are the files of a snapshot that the job must read, `parts` those of a version that is
    made of parts.
    """

    version: str
    path: str
    files: tuple[SourceFile, ...] = ()
    parts: tuple[ManifestEntry, ...] = ()

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> Self:
        """Return the input that `as_json` wrote."""
        files = tuple(SourceFile.of(file) for file in value["files"])
        parts = tuple(ManifestEntry.of(part) for part in value["parts"])
        return cls(value["version"], value["path"], files, parts)

    def as_json(self) -> dict[str, Any]:
        files = [file.as_json() for file in self.files]
        return {**vars(self), "files": files, "parts": [part.as_json() for part in self.parts]}


@dataclass(frozen=True)
class Request:
    """All that a job may know. `contract` has only the fields that are part of the version.

    A job whose data is made of parts reuses those in `parts`, and writes the rows of the files
    that it reads to the folder `new_part`.
    """

    asset: str
    version: str
    attempt: int
    lake: str
    output: str
    inputs: Mapping[str, Input]
    contract: Mapping[str, Any]
    params: Mapping[str, Any]
    code: str
    spark: str
    parts: tuple[Part, ...] = ()
    new_part: str = ""

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> Self:
        """Return the request that `as_json` wrote."""
        inputs = {name: Input.of(given) for name, given in value["inputs"].items()}
        parts = tuple(Part.of(part) for part in value["parts"])
        fields: dict[str, Any] = {**value, "inputs": inputs, "parts": parts}
        return cls(**fields)

    @property
    def application_name(self) -> str:
        """Name of the attempt's Spark application; clusters may be shared with other lakes."""
        digest = hashlib.sha256(self.output.encode()).hexdigest()[:8]
        return f"{self.asset} {self.version[:16]} #{self.attempt} {digest}"

    def as_json(self) -> dict[str, Any]:
        inputs = {name: given.as_json() for name, given in self.inputs.items()}
        return {**vars(self), "inputs": inputs, "parts": [part.as_json() for part in self.parts]}


@dataclass(frozen=True)
class Result:
    """What a job returns: counts of rows, figures (JSON values), and seconds by phase.

    `part` is what was written to the request's `new_part`, if there was anything to read.
    """

    rows: Mapping[str, int]
    figures: Mapping[str, Any]
    seconds: Mapping[str, float]
    part: Part | None = None


@dataclass
class Stopwatch:
    """Seconds by phase, in the order in which the phases first ran."""

    seconds: dict[str, float] = field(default_factory=dict[str, float])

    @contextmanager
    def phase(self, name: str) -> Generator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            spent = time.perf_counter() - started
            self.seconds[name] = round(self.seconds.get(name, 0.0) + spent, 3)
