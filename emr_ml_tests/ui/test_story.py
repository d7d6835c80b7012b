"""The lines of a run's log that tell its story."""

from dataclasses import replace
from typing import Any

import dagster as dg
import pytest

from emr_ml.lake.versions import VersionSpec
from emr_ml.launchers.base import Outcome
from emr_ml.ui.story import failed_checks, what_came_out, why_computed
from emr_ml_tests.checks.reports import a_report
from spark_jobs.runtime.job import Input

TIMES = {"started": "2026-11-30T17:18:24.086+00:00", "finished": "2026-11-30T17:19:32.000+00:00"}
WANTED = VersionSpec(
    asset="lr_model",
    run_id="run",
    inputs={"processed_dataset": Input("d1", "lake")},
    contract={},
    params={"trees": 100, "estimator": "auto"},
    code="code",
    spark="4.1.1",
)
CURRENT = a_report(
    asset="lr_model",
    version="1c5d9736db7a6133",
    inputs={"processed_dataset": "d1"},
    params=WANTED.params,
    code="code",
    spark="4.1.1",
    **TIMES,
)


@pytest.mark.parametrize(
    ("changes", "differs"),
    [
        ({"params": {"trees": 50, "estimator": "auto"}}, "trees differs"),
        ({"params": {"estimator": "random_forest"}}, "estimator, trees differ"),
        ({"inputs": {"processed_dataset": "d0"}}, "processed_dataset differs"),
        ({"code": "older"}, "its code differs"),
        ({"spark": "4.0.2"}, "Spark's release (4.0.2) differs"),
        ({}, "its part of the contract differs"),
    ],
)
def test_a_new_version_says_what_differs_from_the_current_one(
    changes: dict[str, Any], differs: str
) -> None:
    assert why_computed(WANTED, replace(CURRENT, **changes)) == (
        f"{WANTED.version[:8]} is new: {differs} from the current version 1c5d9736, "
        "which took 1 min 08 s"
    )


def result(*, passed: bool, blocks: bool = False) -> dg.AssetCheckResult:
    severity = dg.AssetCheckSeverity.ERROR if blocks else dg.AssetCheckSeverity.WARN
    return dg.AssetCheckResult(
        passed=passed, check_name="drift", severity=severity, description="'colour' has drifted"
    )


def told(*, reused: bool = False, **changes: Any) -> str:
    results = [result(passed=True), result(passed=False)]
    report = a_report(version="1c5d9736db7a6133", **{**TIMES, **changes})
    return what_came_out(Outcome(report, reused=reused), results)


def test_a_data_set_says_how_many_rows_it_kept() -> None:
    assert told() == (
        "computed 1c5d9736 in 1 min 08 s: 100 rows read, 97 kept, 3 rejected; 1 of 2 checks passed"
    )


def test_what_is_reused_says_from_when_it_is() -> None:
    assert told(reused=True).startswith("reused 1c5d9736 of 2026-11-30 17:19 UTC: 100 rows")


@pytest.mark.parametrize(
    ("figures", "found"),
    [
        ({"source": "/data/a.csv"}, "1 file, 125 kB, in /data/a.csv"),
        (
            {"candidates": [1, 2], "estimator": "random_forest", "log_loss": 0.0776},
            "random forest, log_loss 0.0776 in validation, the best of 2 candidates",
        ),
        (
            {"test_rows": 95, "accuracy": 0.98947, "auc_roc": 0.99, "log_loss": 0.09, "f1": 1.0},
            "accuracy 0.9895, auc_roc 0.9900, log_loss 0.0900 on 95 test rows",
        ),
        ({"test_rows": 1, "rmse": 2.5, "mae": 2}, "rmse 2.500, mae 2 on 1 test row"),
    ],
)
def test_other_assets_say_what_they_found(figures: dict[str, Any], found: str) -> None:
    files = [{"name": "a.csv", "size": 124_869}]

    assert f": {found}; 1 of 2 checks" in told(figures=figures, rows={}, files=files)


def test_a_report_without_times_and_figures_is_told_all_the_same() -> None:
    report = a_report(version="1c5d9736db7a6133", rows={})

    assert what_came_out(Outcome(report, reused=False), []) == "computed 1c5d9736"


def test_a_check_that_warns_has_a_line_and_one_that_blocks_has_the_failure() -> None:
    results = [result(passed=False), result(passed=True), result(passed=False, blocks=True)]

    assert failed_checks(results) == ["a check warns: drift: 'colour' has drifted"]
