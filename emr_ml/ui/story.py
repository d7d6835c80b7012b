"""The lines of a run's log that tell its story: what is reused, what is computed, what was found.

Every asset logs at most two of them: why it computes, and what came out.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import dagster as dg

from emr_ml.lake.versions import VersionSpec, short
from emr_ml.launchers.base import Outcome
from emr_ml.model_report.wording import number
from emr_ml.wording import duration, file_size, join_first
from spark_jobs.runtime.report import Report

FIGURES_TOLD = 3


def why_computed(wanted: VersionSpec, current: Report) -> str:
    """Return how a version that is to be computed differs from the current one.

    Returns:
        For example `8f55686e is new: trees, processed_dataset differ from the current version
        1c5d9736, which took 8 s`.
    """
    params = [
        name
        for name in sorted({*wanted.params, *current.params})
        if wanted.params.get(name) != current.params.get(name)
    ]
    inputs = [
        name for name, given in wanted.inputs.items() if current.inputs.get(name) != given.version
    ]
    other = [
        *(["its code"] if wanted.code != current.code else []),
        *([f"Spark's release ({current.spark})"] if wanted.spark != current.spark else []),
        *params,
        *inputs,
    ]
    # a report does not hold its part of the contract
    subject = join_first(other) if other else "its part of the contract"
    verb = "differs" if len(other) < 2 else "differ"
    return (
        f"{short(wanted.version)} is new: {subject} {verb} from the current version "
        f"{short(current.version)}{_took(current, ', which took ')}"
    )


def what_came_out(outcome: Outcome, results: Sequence[dg.AssetCheckResult]) -> str:
    """Return what an asset found.

    Returns:
        For example `reused 1c5d9736 of 2026-11-30 17:18 UTC: 569 rows read, 569 kept, 0 rejected;
        10 of 10 checks passed`.
    """
    report = outcome.report
    version = short(report.version)
    if outcome.reused:
        done = f"reused {version}{_day(report)}"
    else:
        done = f"computed {version}{_took(report, ' in ')}"
    passed = sum(result.passed for result in results)
    checks = f"{passed} of {len(results)} checks passed" if results else ""
    found = "; ".join(filter(None, (_found(report), checks)))
    return f"{done}: {found}" if found else done


def failed_checks(results: Sequence[dg.AssetCheckResult]) -> list[str]:
    """Return a line for each check that warns; those that block are told by the failure."""
    return [
        f"a check warns: {result.check_name}: {result.description}"
        for result in results
        if not result.passed and result.severity is dg.AssetCheckSeverity.WARN
    ]


def _found(report: Report) -> str:
    figures, rows = report.figures, report.rows
    if "source" in figures:
        size = file_size(sum(file["size"] for file in report.files))
        return f"{_count(len(report.files), 'file')}, {size}, in {figures['source']}"
    if "candidates" in figures:
        return _model(figures)
    if "test_rows" in figures:
        told = [
            f"{name} {number(figures[name])}"
            for name in ("accuracy", "auc_roc", "log_loss", "rmse", "mae", "r2")
            if isinstance(figures.get(name), int | float)
        ]
        return f"{', '.join(told[:FIGURES_TOLD])} on {_count(figures['test_rows'], 'test row')}"
    if "kept" in rows:
        counts = f"{rows['kept']:,} kept, {rows['rejected']:,} rejected"
        return f"{_count(rows['in'], 'row')} read, {counts}"
    return ""


def _model(figures: Any) -> str:
    best = f"{figures.get('estimator', 'model')}".replace("_", " ")
    candidates = len(figures["candidates"])
    loss = figures.get("log_loss", figures.get("rmse"))
    name = "log_loss" if "log_loss" in figures else "rmse"
    scored = f", {name} {number(loss)} in validation" if isinstance(loss, int | float) else ""
    return f"{best}{scored}, the best of {_count(candidates, 'candidate')}"


def _count(number_of: int, noun: str) -> str:
    return f"{number_of:,} {noun}{'' if number_of == 1 else 's'}"


def _took(report: Report, before: str) -> str:
    started, finished = _time(report.started), _time(report.finished)
    if started is None or finished is None:
        return ""
    return f"{before}{duration((finished - started).total_seconds())}"


def _day(report: Report) -> str:
    finished = _time(report.finished)
    return f" of {finished:%Y-%m-%d %H:%M} UTC" if finished else ""


def _time(text: str) -> datetime | None:
    """Return a time of a report; None if a report of another program has none."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
