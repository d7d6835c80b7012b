"""Reports to evaluate checks with, and a champion to compare them with."""

from dataclasses import replace
from typing import Any

from emr_ml.checks.check import CheckContext
from emr_ml.contract import Contract
from emr_ml.lake.champion import Champion, promote
from spark_jobs.runtime.lake import Lake, open_lake
from spark_jobs.runtime.report import Report, commit


def a_report(**changes: Any) -> Report:
    report = Report(
        asset="processed_dataset",
        version="v",
        attempt=1,
        path="lake/processed_dataset/v/attempts/1",
        files=[],
        inputs={},
        params={},
        code="",
        spark=None,
        rows={"in": 100, "kept": 97, "rejected": 3},
        figures={},
        seconds={},
        started="",
        finished="",
    )
    return replace(report, **changes)


def check_context(contract: Contract, lake: Lake | None = None, **changes: Any) -> CheckContext:
    """Return the context of a report with these changes; without a lake there is no champion."""
    return CheckContext(a_report(**changes), contract, lake or open_lake("nowhere"))


def train_champion(lake: Lake, figures: dict[str, Any]) -> None:
    """Commit a data set `d1` with these figures, and a model `m1` of it that is the champion."""
    commit(lake, a_report(version="d1", figures=figures))
    commit(lake, a_report(asset="lr_model", version="m1", inputs={"processed_dataset": "d1"}))
    assert promote(lake, Champion("m1", "run", "now", "first", ""), None)
