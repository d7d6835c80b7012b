"""Checks of a data set against the data that the champion was trained on."""

from emr_ml.checks.check import (
    COLUMNS_IN_METADATA,
    CheckContext,
    Evaluation,
    check,
    dataset_figures,
)
from emr_ml.checks.stability import stability_index
from emr_ml.wording import join_first, quote_names
from spark_jobs.cleaning.figures import ColumnSummary, DatasetFigures

RANGES_SHOWN = 5
IF_EXPECTED = "if the data is right, promote a model that was trained on it with `emr-ml promote`"


@check
def drift(context: CheckContext) -> Evaluation:
    """No column's population stability index against the champion's data exceeds `max_drift`."""
    baseline, threshold = context.baseline.report, context.contract.checks.max_drift
    if baseline is None:
        return Evaluation(note=context.baseline.missing_reason)
    before = dataset_figures(baseline).get("distributions", {})
    after = context.dataset_figures.get("distributions", {})
    indices = {
        name: index
        for name in before.keys() & after.keys()
        if (index := stability_index(before[name], after[name]))
    }
    descending = sorted(indices.items(), key=lambda item: (-item[1].value, item[0]))
    drifted = [
        f"{quote_names([name])} {index.value:.2f}"
        for name, index in descending
        if index.value > threshold + index.noise
    ]
    problem = (
        "the data differs from what the champion was trained on: population stability index of "
        f"{join_first(drifted)}; at most {threshold:g} is allowed. Find out what has changed; "
        f"{IF_EXPECTED}, or raise `max_drift` under `checks`"
    )
    return Evaluation(
        problem if drifted else None,
        {
            "compared_with": baseline.version,
            "max_drift": threshold,
            "stability_index": {
                name: index.value for name, index in descending[:COLUMNS_IN_METADATA]
            },
        },
    )


@check
def column_range(context: CheckContext) -> Evaluation:
    """No number is outside the range of the champion's data by more than that range's width."""
    baseline = context.baseline.report
    if baseline is None:
        return Evaluation(note=context.baseline.missing_reason)
    before = dataset_figures(baseline).get("columns", {})
    outside = [
        f"{quote_names([name])} {change}"
        for name, column in context.dataset_figures.get("columns", {}).items()
        if name in before and (change := _range_change(before[name], column))
    ]
    problem = (
        "numbers are far outside the range of the champion's data: "
        f"{join_first(outside, RANGES_SHOWN, '; ')}. Check whether a unit or a format has "
        f"changed; {IF_EXPECTED}"
    )
    return Evaluation(
        problem if outside else None,
        {"compared_with": baseline.version, "columns": len(outside)},
    )


@check
def schema_change(context: CheckContext) -> Evaluation:
    """Lists columns added, removed or changed in kind since the champion. It always passes."""
    baseline = context.baseline.report
    if baseline is None:
        return Evaluation(note=context.baseline.missing_reason)
    before, after = _kinds(dataset_figures(baseline)), _kinds(context.dataset_figures)
    added = [name for name in after if name not in before]
    removed = [name for name in before if name not in after]
    changed = [
        f"{quote_names([name])} was {before[name]} and is {kind}"
        for name, kind in after.items()
        if name in before and before[name] != kind
    ]
    changes = [
        *([f"added: {quote_names(added)}"] if added else []),
        *([f"removed: {quote_names(removed)}"] if removed else []),
        *([join_first(changed, separator="; ")] if changed else []),
    ]
    return Evaluation(
        note=f"since the champion was trained: {'; '.join(changes)}" if changes else None,
        metadata={
            "compared_with": baseline.version,
            "added": len(added),
            "removed": len(removed),
            "changed": len(changed),
        },
    )


DRIFT_CHECKS = (drift, column_range, schema_change)


def _range_change(before: ColumnSummary, after: ColumnSummary) -> str | None:
    """Return both ranges if the new one is far outside, or None if it is not or is unknown."""
    low, high = before.get("min"), before.get("max")
    least, most = after.get("min"), after.get("max")
    if low is None or high is None or least is None or most is None:
        return None
    width = high - low
    if low - width <= least and most <= high + width:
        return None
    return f"ranges from {least:g} to {most:g}, was {low:g} to {high:g}"


def _kinds(figures: DatasetFigures) -> dict[str, str]:
    return {name: column["kind"] for name, column in figures.get("distributions", {}).items()}
