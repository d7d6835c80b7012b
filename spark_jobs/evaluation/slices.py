"""How wrong the model is by value or range of each column, in a sample of the test rows.

The rows are collected: to count them in Spark takes one row for each column of each row, and longer
on small data, where it compiles the expressions first.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from spark_jobs.columns import ROW_ID
from spark_jobs.contract import BINARY, REGRESSION, Kind, Problem
from spark_jobs.evaluation.figures import ColumnSlices, Slice
from spark_jobs.evaluation.row_values import MEASURES, VALUES, RowValues

SAMPLED_ROWS = 10_000  # roughly; all rows if there are fewer
SAMPLED_CELLS = 200_000  # of all columns together, which limits the rows
RANGES = 4
MIN_ROWS = 10  # fewer would show single rows, and hardly more than chance
SHOWN_COLUMNS = 8
SHOWN_SLICES = 10
DAY = 86400

Numbers = NDArray[np.float64]
Mask = NDArray[np.bool_]


def column_slices(
    scored: DataFrame, problem: Problem, rows: int, kept: RowValues
) -> list[ColumnSlices]:
    """Return the slices of the columns between whose values the errors differ most.

    Categories are sliced by value. Numbers, times and lengths of texts are sliced at quartiles, at
    numbers of few digits. Slices of few rows are left out.

    Args:
        scored: rows with their prediction and the columns of `RowValues.columns`.
        problem: that the model solves.
        rows: how many.
        kept: which columns the rows have.
    """
    if not kept.kinds:
        return []
    cells = [_cell(name, kind) for name, kind in kept.kinds.items()]
    sample = _sample(scored, rows, max(1, min(SAMPLED_ROWS, SAMPLED_CELLS // len(cells))))
    labels, predictions, *columns = zip(
        *sample.select("label", "predicted", *cells).collect(), strict=True
    )
    measured = _Measured(problem, labels, predictions)
    found: list[tuple[float, ColumnSlices]] = []
    for (name, kind), column in zip(kept.kinds.items(), columns, strict=True):
        parts = list(parts_of(kind, column))
        slices = [measured.slice(value, mask) for value, mask in parts if mask.sum() >= MIN_ROWS]
        if slices:
            gap = max(abs(each["deviations"]) for each in slices)
            shown: ColumnSlices = {"column": name, "kind": kind, "slices": slices}
            found.append((gap, shown))
    found.sort(key=lambda each: -each[0])
    return [each for _, each in found[:SHOWN_COLUMNS]]


def _cell(name: str, kind: Kind) -> Column:
    return F.col(VALUES if kind == "categorical" else MEASURES).getField(name)


def _sample(scored: DataFrame, rows: int, wanted: int) -> DataFrame:
    if rows <= wanted:
        return scored
    # digits of the id that do not decide the split
    rank = F.substring(ROW_ID, 9, 8)
    chosen = scored.where(rank < f"{(wanted << 32) // rows:08x}")
    # equal rows have equal ids, so a frequent row could exceed what is wanted
    return chosen.sort(rank, ROW_ID).limit(2 * wanted)


class _Measured:
    """The errors of the sampled rows."""

    def __init__(self, problem: Problem, labels: Sequence[Any], predictions: Sequence[Any]) -> None:
        self.problem = problem
        pairs = list(zip(labels, predictions, strict=True))
        if problem == REGRESSION:
            self.bias = np.array([label - predicted for label, predicted in pairs], dtype=float)
            self.error: Numbers = np.abs(self.bias)
        else:
            self.error = np.array([label != predicted for label, predicted in pairs], dtype=float)
        if problem == BINARY:
            self.label, self.predicted = np.array(pairs, dtype=bool).T

    def slice(self, value: str | None, mask: Mask) -> Slice:
        """Return the errors of the rows in the mask, compared with all others."""
        rows, others, error = int(mask.sum()), int((~mask).sum()), self.error
        found: Slice = {
            "value": value,
            "rows": rows,
            "error": float(error[mask].mean()),
            "deviations": 0.0,
        }
        variance = float(error.var())
        if others and variance > 0:
            difference = found["error"] - float(error[~mask].mean())
            found["deviations"] = difference / sqrt(variance * (1 / rows + 1 / others))
        if self.problem == REGRESSION:
            found["bias"] = float(self.bias[mask].mean())
        if self.problem == BINARY:
            found["precision"] = _share(self.label[mask & self.predicted])
            found["recall"] = _share(self.predicted[mask & self.label])
        return found


def _share(hits: Mask) -> float | None:
    return float(hits.mean()) if hits.size else None


def parts_of(kind: Kind, cells: Sequence[Any]) -> Iterator[tuple[str | None, Mask]]:
    """Yield each value or range with its rows; ranges in order, values by frequency, then none."""
    missing = np.array([cell is None for cell in cells])
    if kind == "categorical":
        texts = np.array(["" if cell is None else cell for cell in cells], dtype=object)
        values, counts = np.unique(texts[~missing], return_counts=True)
        most_frequent = np.argsort(-counts, kind="stable")[:SHOWN_SLICES]
        for value in values[most_frequent].tolist():
            yield value, (texts == value) & ~missing
    else:
        numbers = np.array([np.nan if cell is None else cell for cell in cells], dtype=float)
        edges = _edges(numbers[~missing], kind)
        number = np.searchsorted(edges, numbers)  # an edge belongs to the range below it
        for index, name in enumerate(_names(edges, kind)):
            yield name, (number == index) & ~missing
    yield None, missing


def _edges(numbers: Numbers, kind: Kind) -> list[float]:
    """Return the upper ends of all ranges but the last."""
    if not numbers.size:
        return []
    quantiles = np.quantile(numbers, np.arange(1, RANGES) / RANGES, method="lower")
    rounded = {_round(float(edge), kind) for edge in quantiles}
    return sorted(edge for edge in rounded if numbers.min() <= edge < numbers.max())


def _round(number: float, kind: Kind) -> float:
    return float(number // DAY * DAY if kind == "datetime" else f"{number:.4g}")


def _names(edges: Sequence[float], kind: Kind) -> list[str]:
    unit = " characters" if kind == "text" else ""
    ends = [_end(edge, kind) for edge in edges]
    if not ends:
        return ["any"]
    between = [f"above {low}, up to {high}{unit}" for low, high in pairwise(ends)]
    return [f"up to {ends[0]}{unit}", *between, f"above {ends[-1]}{unit}"]


def _end(edge: float, kind: Kind) -> str:
    # unlike `datetime`, numpy knows the year 0 and those after 9999, and so does Spark
    return str(np.datetime64(int(edge // DAY), "D")) if kind == "datetime" else f"{edge:g}"
