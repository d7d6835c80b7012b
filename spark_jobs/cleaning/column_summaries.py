"""Summarize columns: missing values, and the range and mean of numbers."""

from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from spark_jobs.cleaning.figures import ColumnSummary
from spark_jobs.columns import FILE, ROW_ID, quoted

Summaries = Mapping[str, ColumnSummary]


def summary_aggregates(kept: DataFrame) -> list[Column]:
    """Return the aggregates of the kept rows that `summaries_from` needs."""
    aggregates: list[Column] = []
    for field in kept.schema:
        if field.name in (ROW_ID, FILE):
            continue
        column = quoted(field.name)
        aggregates.append(F.count(column).alias(f"present:{field.name}"))
        if field.dataType.simpleString() == "double":
            aggregates += [
                F.min(column).alias(f"min:{field.name}"),
                F.max(column).alias(f"max:{field.name}"),
                F.avg(column).alias(f"mean:{field.name}"),
            ]
        elif field.dataType.simpleString() == "timestamp":
            aggregates += [
                F.min(column).cast("string").alias(f"first:{field.name}"),
                F.max(column).cast("string").alias(f"last:{field.name}"),
            ]
    return aggregates


def summaries_from(aggregates: Mapping[str, Any], rows: int) -> dict[str, ColumnSummary]:
    """Return the summary of each column, given the number of rows."""
    summaries: dict[str, ColumnSummary] = {}
    for key, value in aggregates.items():
        figure, _, name = key.partition(":")
        if figure == "present":
            summaries[name] = {"missing": rows - value}
        elif figure in ("min", "max", "mean"):
            # the mean of huge numbers may overflow, and JSON has no infinity
            is_finite = value is not None and isfinite(value)
            summaries[name][figure] = value if is_finite else None
        elif figure in ("first", "last"):
            summaries[name][figure] = value
    return summaries


def merge_summaries(parts: Sequence[tuple[int, Summaries]]) -> dict[str, ColumnSummary]:
    """Return the summary of each column over several sets of rows, each with its row count."""
    names = {name: None for _, summaries in parts for name in summaries}
    return {
        name: _merge(
            [(rows - summaries[name]["missing"], summaries[name]) for rows, summaries in parts]
        )
        for name in names
    }


def _merge(counted: Sequence[tuple[int, ColumnSummary]]) -> ColumnSummary:
    """Merge summaries of one column, each with its count of present values."""
    missing = sum(summary["missing"] for _, summary in counted)
    if all("first" in summary for _, summary in counted):
        first = [time for _, summary in counted if (time := summary.get("first"))]
        last = [time for _, summary in counted if (time := summary.get("last"))]
        # as texts they are in the order of time
        return {
            "missing": missing,
            "first": min(first, default=None),
            "last": max(last, default=None),
        }
    if not all("mean" in summary for _, summary in counted):
        return {"missing": missing}
    with_values = [(count, summary) for count, summary in counted if count]
    present = sum(count for count, _ in with_values)
    means = [(count, summary.get("mean")) for count, summary in with_values]
    # each is divided before it is added, because sums of huge numbers may overflow
    shares = [count / present * mean for count, mean in means if mean is not None]
    return {
        "missing": missing,
        "min": min(_known(summary.get("min") for _, summary in with_values), default=None),
        "max": max(_known(summary.get("max") for _, summary in with_values), default=None),
        "mean": sum(shares) if shares and len(shares) == len(means) else None,
    }


def _known(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None]
