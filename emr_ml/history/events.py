"""What Dagster's history tells of a version: its checks, the run that computed it, and its cost."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from emr_ml.history.runs import REUSED
from emr_ml.lake.versions import DATA_VERSION

PAGE_SIZE = 50
MAX_EVENTS = 500  # an older materialization is as good as none
COST = ("cost_usd", "emr_fee_usd", "cost_note")


@dataclass(frozen=True)
class CheckResult:
    """How a check judged a version; one that blocks keeps it from becoming current."""

    name: str
    passed: bool
    blocking: bool
    description: str


@dataclass(frozen=True)
class VersionEvents:
    """What is recorded of a version.

    Args:
        run_id: of the run that computed it; "" if that is not recorded here.
        checks: as the last run that used it judged it.
        judged: when that was, ISO 8601 in UTC; "" if there is no such run.
        cost: of the attempt, by name: USD, and notes; empty if nothing was recorded.
    """

    run_id: str = ""
    checks: tuple[CheckResult, ...] = ()
    judged: str = ""
    cost: Mapping[str, Any] = field(default_factory=dict[str, Any])


def read_events(instance: dg.DagsterInstance, key: str, version: str) -> VersionEvents:
    """Return what the history has of a version.

    Args:
        instance: has the history.
        key: of the asset, with slashes.
        version: of the asset.
    """
    asset = dg.AssetKey(key.split("/"))
    found = list(_materializations(instance, asset, version))
    if not found:
        return VersionEvents()
    last = found[0]
    for each in found:
        metadata = each.asset_materialization.metadata if each.asset_materialization else {}
        flag = metadata.get(REUSED)
        if flag is not None and not flag.value:
            cost = {name: metadata[name].value for name in COST if name in metadata}
            run_id = each.run_id
            break
    else:
        cost, run_id = dict[str, Any](), ""
    judged = datetime.fromtimestamp(last.timestamp, UTC).isoformat(timespec="seconds")
    return VersionEvents(run_id, tuple(_checks(instance, asset, last.run_id)), judged, cost)


def _materializations(
    instance: dg.DagsterInstance, asset: dg.AssetKey, version: str
) -> Iterator[dg.EventLogRecord]:
    """Yield the materializations of a version, the newest first."""
    cursor, seen = None, 0
    while seen < MAX_EVENTS:
        page = instance.fetch_materializations(asset, limit=PAGE_SIZE, cursor=cursor)
        for record in page.records:
            event = record.asset_materialization
            if event and (event.tags or {}).get(DATA_VERSION) == version:
                yield record
        seen += PAGE_SIZE
        if not page.has_more:
            return
        cursor = page.cursor


def _checks(instance: dg.DagsterInstance, asset: dg.AssetKey, run_id: str) -> Iterator[CheckResult]:
    kind = dg.DagsterEventType.ASSET_CHECK_EVALUATION
    for record in instance.get_records_for_run(run_id, of_type=kind).records:
        event = record.event_log_entry.dagster_event
        if event and (data := event.asset_check_evaluation_data).asset_key == asset:
            yield CheckResult(
                data.check_name, data.passed, bool(data.blocking), data.description or ""
            )
