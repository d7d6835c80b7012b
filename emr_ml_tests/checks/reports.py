"""Reports to judge."""

from dataclasses import replace
from typing import Any

from emr_ml.checks.evidence import Evidence
from emr_ml.contract import Contract
from spark_jobs.runtime.lake import open_lake
from spark_jobs.runtime.report import Report


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


def evidence(contract: Contract, lake: str = "nowhere", **changes: Any) -> Evidence:
    """A report with these changes, to be judged by the contract."""
    return Evidence(a_report(**changes), contract, open_lake(lake))
