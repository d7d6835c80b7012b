"""`current.json`: which version of an asset readers take by default, and what was refused."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from pydantic import TypeAdapter

from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.lake.base import as_json


@dataclass(frozen=True)
class Current:
    """`requested_at` is when the run was requested, in seconds since 1970."""

    version: str
    path: str
    run_id: str
    requested_at: float


@dataclass(frozen=True)
class _Refused:
    """The last version that did not pass its checks; no version once it has."""

    version: str | None
    run_id: str | None
    checks: list[str]


# whoever writes in the lake may have written anything
_CURRENT, _REFUSED = TypeAdapter(Current), TypeAdapter(_Refused)
_NONE = _Refused(None, None, [])


def read_current(lake: Lake, asset: str) -> Current | None:
    """The current version of an asset, or None; one that was refused since is current no more."""
    stored = lake.read(_key(asset))
    if stored is None:
        return None
    current = stored.parsed(_CURRENT.validate_python)
    return None if _refused(lake, asset).version == current.version else current


def promote(lake: Lake, asset: str, candidate: Current) -> bool:
    """Make the candidate current unless a run requested later has been there; whether it is."""
    body = as_json(asdict(candidate))
    while True:
        stored = lake.read(_key(asset))
        if stored is None:
            done = lake.create(_key(asset), body)
        elif _order(stored.parsed(_CURRENT.validate_python)) > _order(candidate):
            return False
        else:
            done = lake.swap(_key(asset), body, stored.etag)
        if done:
            _pardon(lake, asset, candidate.version)
            return True


def refuse(lake: Lake, asset: str, version: str, run_id: str, checks: Sequence[str]) -> None:
    """Remember why a version did not become current, for whoever misses it downstream."""
    lake.write_json(_refused_key(asset), asdict(_Refused(version, run_id, list(checks))))


def _pardon(lake: Lake, asset: str, version: str) -> None:
    """Forget the refusal of a version that has passed under other thresholds."""
    if _refused(lake, asset).version == version:
        lake.write_json(_refused_key(asset), asdict(_NONE))


def why_none(lake: Lake, asset: str) -> str:
    """Why an asset has no current version, and what to do."""
    refused = _refused(lake, asset)
    if refused.version is None:
        return f"{asset} was never materialized in {lake.root}: materialize it first"
    return (
        f"{asset} has no version that passed its checks: {refused.version} was refused by "
        f"{'; '.join(refused.checks)}. Mend that and materialize {asset} again"
    )


def _refused(lake: Lake, asset: str) -> _Refused:
    stored = lake.read(_refused_key(asset))
    return stored.parsed(_REFUSED.validate_python) if stored else _NONE


def _order(current: Current) -> tuple[float, str]:
    return current.requested_at, current.run_id


def _key(asset: str) -> str:
    return f"{asset}/current.json"


def _refused_key(asset: str) -> str:
    return f"{asset}/refused.json"
