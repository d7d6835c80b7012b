"""The commit of a version: its `report.json`, and the keys of the files of a version."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from spark_jobs.runtime.job import JobError
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.lake.base import Stored, as_json, checked
from spark_jobs.runtime.parts import Part

SCHEMA = 1
PART = "part.json"


@dataclass(frozen=True)
class Report:
    """Facts about one committed attempt, without thresholds or verdicts.

    `files` lists the data, by name below `path` (of a snapshot, the files of the source), and
    `parts` the manifest entries of the parts that also belong to the version. `inputs` are
    versions by asset, `seconds` are by phase, `usage` is what `usage` returns, `started` and
    `finished` are in UTC.
    """

    asset: str
    version: str
    attempt: int
    path: str
    files: list[dict[str, Any]]
    inputs: Mapping[str, str]
    params: Mapping[str, Any]
    code: str
    spark: str | None
    rows: Mapping[str, int]
    figures: Mapping[str, Any]
    seconds: Mapping[str, float]
    started: str
    finished: str
    parts: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    usage: Mapping[str, float] = field(default_factory=dict[str, float])
    schema: int = SCHEMA


@dataclass(frozen=True)
class Committed:
    """A report as read from the lake, with the etag that a swap needs."""

    report: Report
    etag: str


def report_key(asset: str, version: str) -> str:
    """Return the key of the commit of a version."""
    return f"{asset}/{version}/report.json"


def lease_key(asset: str, version: str) -> str:
    """Return the key of the lease on a version, which its computing process holds."""
    return f"{asset}/{version}/claim.json"


def attempt_key(asset: str, version: str, attempt: int) -> str:
    """Return the key of the folder of an attempt's data."""
    return f"{asset}/{version}/attempts/{attempt}"


def job_key(asset: str, version: str, attempt: int, name: str) -> str:
    """Return the key of a file about an attempt, which is next to the attempt's data.

    `request.json` is the job's request, `started.json` the mark that a process runs it,
    `error.json` the reason of a failure. Log messages are below `messages`, Spark's checkpoints
    below `checkpoints`; both are removed when the attempt is over. Spark ignores names that start
    with an underscore.
    """
    return f"{attempt_key(asset, version, attempt)}/_job/{name}"


def read_report(lake: Lake, asset: str, version: str) -> Report | None:
    """Return the committed report of a version, or None; it raises what `read_commit` does."""
    committed = read_commit(lake, asset, version)
    return committed.report if committed else None


def read_commit(lake: Lake, asset: str, version: str) -> Committed | None:
    """Return the committed report of a version with its etag, or None.

    Raises:
        JobError: the report was written by a newer release, or is not a report.
    """
    stored = lake.read(report_key(asset, version))
    if stored is None:
        return None

    def parse(value: dict[str, Any]) -> Report:
        # another schema may lack a field, which would look like damage
        if (schema := value["schema"]) != SCHEMA:
            raise JobError(
                f"{stored.uri} has schema {schema}, this release reads {SCHEMA}: "
                "use the release that wrote it, or another lake"
            )
        known = {each.name for each in fields(Report)}
        report = Report(**{name: value[name] for name in known & value.keys()})
        _check_report(report, asset, version)
        return report

    return Committed(stored.parsed(parse), stored.etag)


def _check_report(report: Report, asset: str, version: str) -> None:
    """Raise ValueError if the report is of another version, or names a path outside the lake."""
    if (report.asset, report.version) != (asset, version):
        raise ValueError(f"it is of {report.asset} {report.version}")
    if type(report.attempt) is not int or report.attempt < 1:
        raise ValueError(f"{report.attempt!r} is not the number of an attempt")
    for part in report.parts:
        checked(part["key"])


def commit(lake: Lake, report: Report, replaces: str | None = None) -> Report:
    """Write the report if there is none yet, or over the report with the etag `replaces`.

    Returns:
        The committed report: this one, or the one of another process that was first.

    Raises:
        JobError: the other report was removed at the same time.
    """
    key = report_key(report.asset, report.version)
    body = as_json(asdict(report))
    if lake.write_if_unchanged(key, body, replaces):
        return report
    winner = read_report(lake, report.asset, report.version)
    if winner is None:
        raise JobError(f"{lake.uri(key)} vanished while it was committed: materialize again")
    return winner


def parts_key(asset: str, recipe: str) -> str:
    """Return the prefix of the keys of all parts of one recipe."""
    return f"{asset}/parts/{recipe}-"


def commit_part(lake: Lake, part: Part) -> None:
    """Write `part.json` next to the folder of the data.

    An earlier one is replaced: its attempt wrote the same rows, into a folder of its own.
    """
    folder = part.key.rpartition("/")[0]
    lake.write_json(f"{folder}/{PART}", part.as_json())


def read_parts(lake: Lake, asset: str, recipe: str) -> Iterator[Part]:
    """Yield the committed parts of a recipe, in order of key.

    Raises:
        JobError: one is damaged, or names data elsewhere.
    """
    for entry in lake.list(parts_key(asset, recipe)):
        if entry.key.endswith(f"/{PART}") and (stored := lake.read(entry.key)):
            yield read_part(stored, entry.key)


def read_part(stored: Stored, key: str) -> Part:
    """Return the part in the `part.json` at that key.

    Raises:
        JobError: it is damaged, or its data is not next to it.
    """

    def parse(value: dict[str, Any]) -> Part:
        part = Part.of(value)
        if checked(part.key).rpartition("/")[0] != key.rpartition("/")[0]:
            raise ValueError(f"{part.key} is not next to it")
        if not all(isinstance(each, dict) for each in (part.files, part.rows, part.figures)):
            raise TypeError("its files, rows and figures are not objects")
        return part

    return stored.parsed(parse)
