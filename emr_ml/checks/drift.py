"""Checks of a data set against the one that the champion was trained on."""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from emr_ml.checks.baseline import Baseline
from emr_ml.checks.evidence import Evidence, listed, warning
from emr_ml.checks.stability import moved

DRIFT, COLUMN_RANGE, SCHEMA_CHANGE = "drift", "column_range", "schema_change"
TABLE_ROWS = 100
IF_RIGHT = "if this is how the data is now, make a model of it the champion with `emr-ml promote`"


def drift_checks(asset: str) -> list[dg.AssetCheckSpec]:
    """What `judge_drift` evaluates."""
    about = {
        DRIFT: "No column's population stability index, against the data that the champion was "
        "trained on, is above `max_drift`.",
        COLUMN_RANGE: "No number lies outside the range of the champion's data by more than that "
        "range is wide.",
        SCHEMA_CHANGE: "Which columns were added, removed, or are of another kind since the "
        "champion was trained. It always passes.",
    }
    return [dg.AssetCheckSpec(name, asset=asset, description=said) for name, said in about.items()]


def judge_drift(evidence: Evidence, baseline: Baseline) -> list[dg.AssetCheckResult]:
    """Whether the data are still like those that the champion was trained on."""
    if baseline.report is None:
        return [
            dg.AssetCheckResult(passed=True, check_name=name, description=baseline.why_none)
            for name in (DRIFT, COLUMN_RANGE, SCHEMA_CHANGE)
        ]
    now, before = evidence.report.figures, baseline.report.figures
    shown = {"compared_with": baseline.report.version}
    return [
        _drift(evidence, _of_columns(before), shown),
        _range(now.get("columns", {}), before.get("columns", {}), shown),
        _schema(_kinds(_of_columns(now)), _kinds(_of_columns(before)), shown),
    ]


def _of_columns(figures: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    return figures.get("distributions", {})


def _drift(
    evidence: Evidence, before: Mapping[str, Mapping[str, Any]], shown: Mapping[str, Any]
) -> dg.AssetCheckResult:
    most = evidence.contract.checks.max_drift
    indices: dict[str, float] = {}
    drifted: list[str] = []
    for name, column in _of_columns(evidence.report.figures).items():
        found = moved(before[name], column) if name in before else None
        if found:
            indices[name] = found.index
            if found.index > most + found.noise:
                drifted.append(name)
    drifted.sort(key=lambda name: -indices[name])
    worst = ", ".join(f"{listed([name])} {indices[name]:.2f}" for name in drifted[:8])
    more = f" and {len(drifted) - 8} more" if len(drifted) > 8 else ""
    trouble = (
        f"the data are not those that the champion was trained on: population stability index of "
        f"{worst}{more}; {most:g} may be. See what has changed; {IF_RIGHT}, or raise `max_drift` "
        "under `checks`"
    )
    highest = sorted(indices.items(), key=lambda each: -each[1])[:TABLE_ROWS]
    return warning(
        DRIFT,
        trouble if drifted else None,
        {**shown, "max_drift": most, "stability_index": dict(highest)},
    )


def _range(
    now: Mapping[str, Mapping[str, Any]],
    before: Mapping[str, Mapping[str, Any]],
    shown: Mapping[str, Any],
) -> dg.AssetCheckResult:
    outside = [said for name in now if (said := _outside(name, now[name], before.get(name, {})))]
    more = f"; and {len(outside) - 5} more" if len(outside) > 5 else ""
    trouble = (
        f"numbers lie far outside the champion's data: {'; '.join(outside[:5])}{more}. See "
        f"whether a unit or a format has changed; {IF_RIGHT}"
    )
    return warning(COLUMN_RANGE, trouble if outside else None, {**shown, "columns": len(outside)})


def _outside(name: str, now: Mapping[str, Any], before: Mapping[str, Any]) -> str | None:
    low, high = before.get("min"), before.get("max")
    least, most = now.get("min"), now.get("max")
    if low is None or high is None or least is None or most is None:
        return None
    width = high - low
    if low - width <= least and most <= high + width:
        return None
    return f"{listed([name])} has {least:g} to {most:g}, and had {low:g} to {high:g}"


def _kinds(columns: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    return {name: column["kind"] for name, column in columns.items()}


def _schema(
    now: Mapping[str, str], before: Mapping[str, str], shown: Mapping[str, Any]
) -> dg.AssetCheckResult:
    added = [name for name in now if name not in before]
    removed = [name for name in before if name not in now]
    other = [
        f"{listed([name])} was {before[name]} and is {kind}"
        for name, kind in now.items()
        if name in before and before[name] != kind
    ]
    said = [
        *([f"added: {listed(added)}"] if added else []),
        *([f"removed: {listed(removed)}"] if removed else []),
        *other[:8],
    ]
    return dg.AssetCheckResult(
        passed=True,
        check_name=SCHEMA_CHANGE,
        description=f"since the champion was trained: {'; '.join(said)}" if said else None,
        metadata={**shown, "added": len(added), "removed": len(removed), "changed": len(other)},
    )
