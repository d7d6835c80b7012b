"""What is said of each column: missing values, least, greatest and mean number."""

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from spark_jobs.columns import quoted
from spark_jobs.names import FILE, ROW_ID

Columns = Mapping[str, Mapping[str, Any]]


def of_columns(kept: DataFrame) -> list[Column]:
    """Aggregates of the kept rows that `described` understands."""
    found: list[Column] = []
    for field in kept.schema:
        if field.name in (ROW_ID, FILE):
            continue
        found.append(F.count(quoted(field.name)).alias(f"present:{field.name}"))
        if field.dataType.simpleString() == "double":
            found += [
                function(quoted(field.name)).alias(f"{figure}:{field.name}")
                for figure, function in (("min", F.min), ("max", F.max), ("mean", F.avg))
            ]
    return found


def described(observed: Mapping[str, Any], rows: int) -> dict[str, dict[str, Any]]:
    """What is known of each column: missing values, and least, greatest and mean number."""
    columns: dict[str, dict[str, Any]] = {}
    for key, value in observed.items():
        figure, colon, name = key.partition(":")
        if figure == "present":
            columns.setdefault(name, {})["missing"] = rows - value
        elif colon:
            # the mean of huge numbers may overflow, and JSON has no infinity
            plain = value is None or isfinite(value)
            columns.setdefault(name, {})[figure] = value if plain else None
    return columns


def together(described: Sequence[tuple[int, Columns]]) -> dict[str, dict[str, Any]]:
    """What is said of the columns of several sets of rows, each with how many rows it has."""
    names = {name: None for _, columns in described for name in columns}
    return {
        name: _merged(
            [(rows - columns[name]["missing"], columns[name]) for rows, columns in described]
        )
        for name in names
    }


def _merged(given: Sequence[tuple[int, Mapping[str, Any]]]) -> dict[str, Any]:
    merged: dict[str, Any] = {"missing": sum(column["missing"] for _, column in given)}
    if all("mean" in column for _, column in given):
        there = [(present, column) for present, column in given if present]
        merged["min"] = min((column["min"] for _, column in there), default=None)
        merged["max"] = max((column["max"] for _, column in there), default=None)
        means = [column["mean"] for _, column in there]
        present = sum(count for count, _ in there)
        known = present and None not in means
        # each divided before it is added: sums of huge numbers may overflow
        shares = [count / present * column["mean"] for count, column in there] if known else []
        merged["mean"] = sum(shares) if known else None
    return merged
