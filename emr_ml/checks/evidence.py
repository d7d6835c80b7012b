"""What a version is judged by."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dagster as dg

from emr_ml.contract import Contract
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.parts import REJECTED
from spark_jobs.runtime.report import Report, attempt_key

SHOWN = 60  # characters of a name


@dataclass(frozen=True)
class Evidence:
    """The facts about a version, the thresholds, and the lake with what it is compared to."""

    report: Report
    contract: Contract
    lake: Lake

    @property
    def rejected(self) -> list[str]:
        """The folders with this version's rejected rows."""
        return rejected_folders(self.report, self.lake)


def rejected_folders(report: Report, lake: Lake) -> list[str]:
    """The folders with the rejected rows of a version, of each of its parts that has any."""
    own = attempt_key(report.asset, report.version, report.attempt)
    keys = [f"{key}/{REJECTED}" for key in (own, *(part["key"] for part in report.parts))]
    return [lake.uri(key) for key in keys if next(lake.list(f"{key}/"), None)]


Judge = Callable[[Evidence], Sequence[dg.AssetCheckResult]]


def no_checks(_: Evidence) -> list[dg.AssetCheckResult]:
    """For assets that have none."""
    return []


def warning(
    name: str, trouble: str | None, metadata: Mapping[str, Any] | None = None
) -> dg.AssetCheckResult:
    """The result of a check that stops no asset; it passes if there is no trouble."""
    return dg.AssetCheckResult(
        passed=trouble is None,
        check_name=name,
        severity=dg.AssetCheckSeverity.WARN,
        description=trouble,
        metadata=metadata or {},
    )


def listed(names: Sequence[str]) -> str:
    """The names, the first eight of them if there are more."""
    shown = ", ".join(f"'{_short(name)}'" for name in names[:8])
    return f"{shown} and {len(names) - 8} more" if len(names) > 8 else shown


def _short(name: str) -> str:
    return name if len(name) <= SHOWN else f"{name[:SHOWN]}…"
