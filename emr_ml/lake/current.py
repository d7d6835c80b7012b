"""`current.json`: the version of an asset that readers use by default; and `refused.json`."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from pydantic import TypeAdapter

from emr_ml.lake.versions import VersionSpec
from spark_jobs.runtime.job import JobError
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.lake.base import as_json
from spark_jobs.runtime.report import Report, read_report


@dataclass(frozen=True)
class Current:
    """The contents of `current.json`.

    Args:
        version: the current version.
        path: its address in the lake.
        run_id: the run that made it current.
        requested_at: when that run was requested, in seconds since 1970.
    """

    version: str
    path: str
    run_id: str
    requested_at: float


@dataclass(frozen=True)
class _Refused:
    """The last version that failed its checks; `version` is None once it has passed."""

    version: str | None
    run_id: str | None
    checks: list[str]


# validated, because other programs may write to the lake
_CURRENT, _REFUSED = TypeAdapter(Current), TypeAdapter(_Refused)
_NONE = _Refused(None, None, [])


def read_current(lake: Lake, asset: str) -> Current | None:
    """Return the current version, or None if there is none or it has failed its checks since."""
    stored = lake.read(_current_key(asset))
    if stored is None:
        return None
    current = stored.parsed(_CURRENT.validate_python)
    return None if _read_refused(lake, asset).version == current.version else current


def current_version(lake: Lake, asset: str) -> str:
    """Return the current version.

    Raises:
        JobError: there is none; says which check refused the last one.
    """
    current = read_current(lake, asset)
    if current is None:
        raise JobError(missing_reason(lake, asset))
    return current.version


def replaced_report(lake: Lake, wanted: VersionSpec) -> Report | None:
    """Return the report of the current version if another one is to be computed, else None."""
    present = read_current(lake, wanted.asset)
    if present is None or read_report(lake, wanted.asset, wanted.version):
        return None
    return read_report(lake, wanted.asset, present.version)


def promote(lake: Lake, asset: str, candidate: Current) -> bool:
    """Make the candidate current; return False if a run that was requested later already did."""
    body = as_json(asdict(candidate))
    key = _current_key(asset)
    while True:
        stored = lake.read(key)
        if stored and _order(stored.parsed(_CURRENT.validate_python)) > _order(candidate):
            return False
        if lake.write_if_unchanged(key, body, stored.etag if stored else None):
            _clear_refusal(lake, asset, candidate.version)
            return True


def refuse(lake: Lake, asset: str, version: str, run_id: str, checks: Sequence[str]) -> None:
    """Record why a version did not become current, for the errors of assets downstream."""
    lake.write_json(_refused_key(asset), asdict(_Refused(version, run_id, list(checks))))


def missing_reason(lake: Lake, asset: str) -> str:
    """Return why an asset has no current version, and what to do."""
    refused = _read_refused(lake, asset)
    if refused.version is None:
        return f"{asset} was never materialized in {lake.root}: materialize it first"
    return (
        f"{asset} has no version that passed its checks: {refused.version} was refused by "
        f"{'; '.join(refused.checks)}. Fix that and materialize {asset} again"
    )


def refusing_checks(lake: Lake, asset: str, version: str) -> list[str]:
    """Return the checks that refused a version if it was the last that was refused; else none."""
    refused = _read_refused(lake, asset)
    return refused.checks if refused.version == version else []


def _clear_refusal(lake: Lake, asset: str, version: str) -> None:
    """Forget the refusal of a version that now passes, as under other thresholds."""
    if _read_refused(lake, asset).version == version:
        lake.write_json(_refused_key(asset), asdict(_NONE))


def _read_refused(lake: Lake, asset: str) -> _Refused:
    stored = lake.read(_refused_key(asset))
    return stored.parsed(_REFUSED.validate_python) if stored else _NONE


def _order(current: Current) -> tuple[float, str]:
    return current.requested_at, current.run_id


def _current_key(asset: str) -> str:
    return f"{asset}/current.json"


def _refused_key(asset: str) -> str:
    return f"{asset}/refused.json"
