"""Rows and figures of a data set in parts, in a form that can be compared."""

from collections.abc import Mapping
from typing import Any

import pyarrow.parquet as pq

from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.report import Report


def rows_of(lake: Lake, report: Report) -> list[tuple[Any, ...]]:
    """Return all kept rows of a version in a local lake, sorted."""
    rows: list[tuple[Any, ...]] = []
    for part in report.parts:
        table = pq.read_table(lake.uri(f"{part['key']}/kept")).to_pylist()
        rows += [tuple(row.values()) for row in table if row.pop("_file") not in part["without"]]
    return sorted(rows, key=repr)


def flat(figures: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return all figures by their path, except those that depend on the attempt."""
    flattened: dict[str, Any] = {}
    for name, value in figures.items():
        if isinstance(value, Mapping):
            flattened |= flat(value, f"{prefix}{name}.")
        elif isinstance(value, list):
            flattened |= flat(
                {str(index): each for index, each in enumerate(value)}, f"{prefix}{name}."
            )
        elif name not in ("bytes_read", "files_read"):
            flattened[prefix + name] = value
    return flattened
