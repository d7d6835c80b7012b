"""Rows and figures of a data set that is made of parts, such that two can be compared."""

from collections.abc import Mapping
from typing import Any

import pyarrow.parquet as pq

from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.report import Report


def rows_of(lake: Lake, report: Report) -> list[tuple[Any, ...]]:
    """All kept rows of a version, out of its parts in a folder, sorted."""
    found: list[tuple[Any, ...]] = []
    for part in report.parts:
        rows = pq.read_table(lake.uri(f"{part['key']}/kept")).to_pylist()
        found += [tuple(row.values()) for row in rows if row.pop("_file") not in part["without"]]
    return sorted(found, key=repr)


def flat(figures: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    """All figures but those of the attempt alone, by the path that leads to them."""
    found: dict[str, Any] = {}
    for name, value in figures.items():
        if isinstance(value, Mapping):
            found |= flat(value, f"{above}{name}.")
        elif isinstance(value, list):
            found |= flat({str(place): each for place, each in enumerate(value)}, f"{above}{name}.")
        elif name not in ("bytes_read", "files_read"):
            found[above + name] = value
    return found
