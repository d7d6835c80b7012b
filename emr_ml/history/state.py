"""What became of a version: whether readers use it, or why there is none."""

from collections.abc import Iterator
from dataclasses import dataclass

from emr_ml.history.committed import metrics_of
from emr_ml.history.lineage import Place
from emr_ml.lake.champion import MODEL, read_decision, read_record
from emr_ml.lake.current import read_current, refusing_checks
from emr_ml.lake.leases import Lease
from spark_jobs.runtime.attempt import read_failure
from spark_jobs.runtime.report import Report, lease_key

NOT_CURRENT = "not current"


@dataclass(frozen=True)
class VersionState:
    """The state of a version.

    Args:
        words: such as `current` and `champion`; `computing`, `failed` or `lost` if it is not
            committed.
        details: sentences with reasons.
        ran: on which machine, cluster or service its last attempt ran, by name.
    """

    words: tuple[str, ...]
    details: tuple[str, ...] = ()
    ran: tuple[tuple[str, str], ...] = ()


def read_state(
    place: Place, version: str, report: Report | None, *, reasons: bool = True
) -> VersionState:
    """Return the state of a version.

    Args:
        place: of its asset.
        version: all its digits.
        report: None if the version is not committed.
        reasons: whether to look why a model is not champion, which reads all its metrics.
    """
    stored = place.lake.read(lease_key(place.asset, version))
    lease = Lease.of(stored) if stored else None
    ran = tuple(_where(lease)) if lease else ()
    if report is None:
        word, detail = _uncommitted(place, version, lease)
        return VersionState((word,), (detail,), ran)
    words, details = list[str](), list[str]()
    for word, detail in _committed(place, version, reasons=reasons):
        words.append(word)
        details += [detail] if detail else []
    return VersionState(tuple(words) or (NOT_CURRENT,), tuple(details), ran)


def _committed(place: Place, version: str, *, reasons: bool) -> Iterator[tuple[str, str]]:
    """Yield words about a committed version, each with a reason or with ""."""
    current = read_current(place.lake, place.asset)
    if current and current.version == version:
        yield "current", ""
    if checks := refusing_checks(place.lake, place.asset, version):
        yield "refused", f"refused by {'; '.join(checks)}"
    if place.asset != MODEL:
        return
    record = read_record(place.lake)
    entry = next((each for each in reversed(record.history) if each.version == version), None)
    why = f"champion since {entry.at[:10]}, {entry.how}: {entry.why}" if entry else ""
    if record.champion and record.champion.version == version:
        yield "champion", why
    elif version in record.barred:
        yield "rolled back", "champion again only by `emr-ml promote`"
    elif entry:
        yield "former champion", ""
    elif reasons and (reason := _why_not_champion(place, version)):
        yield "not champion", reason


def _why_not_champion(place: Place, version: str) -> str:
    """Return why a model was not promoted, as its comparison with the champion recorded it."""
    metrics = metrics_of(place.lake, version)
    decision = read_decision(place.lake, metrics) if metrics else None
    return f"not promoted: {decision.get('reason')}" if decision else ""


def _uncommitted(place: Place, version: str, lease: Lease | None) -> tuple[str, str]:
    if lease is None:
        return "lost", f"no attempt is under way: materialize {place.key}"
    attempt = f"attempt {lease.attempt} of run {lease.run_id}"
    failure = read_failure(place.lake, place.asset, version, lease.attempt)
    if failure:
        return "failed", f"{attempt}: {failure.message}"
    if lease.status == "ended" or (lease.status == "held" and lease.owner_is_gone()):
        return "lost", f"{attempt} ended without a result: materialize {place.key} again"
    return "computing", f"{attempt}, last heard of at {lease.renewed_at[:19]} UTC"


def _where(lease: Lease) -> Iterator[tuple[str, str]]:
    if lease.location:
        yield from lease.location.items()
    else:
        yield "host", lease.host.split()[0]
