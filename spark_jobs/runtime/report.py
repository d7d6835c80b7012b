"""The commit of a version: `report.json`, and where everything of a version lies in the lake."""

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
    """Facts about one committed attempt. It judges nothing: thresholds are not known here.

    `files` lists the data, by name below `path` (for a snapshot: the files of the source).
    `parts` lists the parts that it is made of beside them: `key` and `without` of each (see
    `parts.Taken`). `inputs` are versions by asset, `seconds` are by phase, `usage` is what
    `usage` says, `started` and `finished` are UTC.
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
    """Key of the commit of a version."""
    return f"{asset}/{version}/report.json"


def claim_key(asset: str, version: str) -> str:
    """Key of who computes a version."""
    return f"{asset}/{version}/claim.json"


def attempt_key(asset: str, version: str, attempt: int) -> str:
    """Key of the folder of an attempt's data."""
    return f"{asset}/{version}/attempts/{attempt}"


def job_key(asset: str, version: str, attempt: int, name: str) -> str:
    """Key of what is kept about an attempt beside its data.

    `request.json` is what the job was asked, `started.json` that a process runs it, `error.json`
    why it failed. What the job says while it runs is below `messages`, Spark's checkpoints are
    below `checkpoints`; both go when the attempt is over. Spark passes over names that start with
    an underscore.
    """
    return f"{attempt_key(asset, version, attempt)}/_job/{name}"


def read_report(lake: Lake, asset: str, version: str) -> Committed | None:
    """The committed report of a version, or None.

    Raises:
        JobError: the report was written by a newer release, or is not a report.
    """
    stored = lake.read(report_key(asset, version))
    if stored is None:
        return None

    def made(value: dict[str, Any]) -> Report:
        # another schema may lack a field, which would look like damage
        if (schema := value["schema"]) != SCHEMA:
            raise JobError(
                f"{stored.uri} has schema {schema}, this release reads {SCHEMA}: "
                "use the release that wrote it, or another lake"
            )
        known = {each.name for each in fields(Report)}
        report = Report(**{name: value[name] for name in known & value.keys()})
        return _of_version(report, asset, version)

    return Committed(stored.parsed(made), stored.etag)


def _of_version(report: Report, asset: str, version: str) -> Report:
    """The report; ValueError if it speaks of another version, or of places out of the lake."""
    if (report.asset, report.version) != (asset, version):
        raise ValueError(f"it is of {report.asset} {report.version}")
    if type(report.attempt) is not int or report.attempt < 1:
        raise ValueError(f"{report.attempt!r} is no attempt")
    for part in report.parts:
        checked(part["key"])
    return report


def commit(lake: Lake, report: Report, over: str | None = None) -> Report:
    """Write the report if nobody has, or over the report with the etag `over`.

    Returns:
        The report that stands: this one, or the one of whoever was first.
    """
    key = report_key(report.asset, report.version)
    body = as_json(asdict(report))
    written = lake.swap(key, body, over) if over else lake.create(key, body)
    if written:
        return report
    winner = read_report(lake, report.asset, report.version)
    if winner is None:
        raise JobError(f"{lake.uri(key)} vanished while it was committed: materialize again")
    return winner.report


def parts_key(asset: str, recipe: str) -> str:
    """What the keys of all parts of one recipe start with."""
    return f"{asset}/parts/{recipe}-"


def commit_part(lake: Lake, part: Part) -> None:
    """Write `part.json`, beside the folder of the data.

    Whoever wrote the part before wrote the same rows, into a folder of its own.
    """
    home = part.key.rpartition("/")[0]
    lake.write_json(f"{home}/{PART}", asdict(part))


def read_parts(lake: Lake, asset: str, recipe: str) -> Iterator[Part]:
    """The committed parts of a recipe, in order of key.

    Raises:
        JobError: one is damaged, or its data is said to be elsewhere.
    """
    for entry in lake.list(parts_key(asset, recipe)):
        if entry.key.endswith(f"/{PART}") and (stored := lake.read(entry.key)):
            yield read_part(stored, entry.key)


def read_part(stored: Stored, key: str) -> Part:
    """The part in a `part.json` at that key; JobError unless its data lies beside it."""

    def made(value: dict[str, Any]) -> Part:
        part = Part.of(value)
        if checked(part.key).rpartition("/")[0] != key.rpartition("/")[0]:
            raise ValueError(f"{part.key} does not lie beside it")
        if not all(isinstance(each, dict) for each in (part.files, part.rows, part.figures)):
            raise TypeError("its files, rows and figures are no objects")
        return part

    return stored.parsed(made)
