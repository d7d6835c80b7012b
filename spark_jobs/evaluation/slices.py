"""How wrong the model is by value or range of each column."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import groupby
from math import sqrt

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F

from spark_jobs.columns import ROW_ID
from spark_jobs.contract import BINARY, REGRESSION, Kind, Problem
from spark_jobs.evaluation.figures import ColumnSlices, Slice
from spark_jobs.evaluation.row_values import MEASURES, VALUES, RowValues

RANGES = 4
SAMPLED_ROWS = 2000  # of which the ends of ranges are quantiles
MIN_ROWS = 10  # fewer would show single rows, and hardly more than chance
MIN_SHARE = 0.005
SHOWN_COLUMNS = 8
SHOWN_SLICES = 10
DAY = 86400

Edges = Mapping[str, Sequence[float]]


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
    edges = _edges(scored, rows, kept)
    counted = _counted(scored, problem, rows, kept, edges)
    overall, names = counted[0], list(kept.kinds)
    found: list[tuple[float, ColumnSlices]] = []
    for index, group in groupby(counted[1:], lambda row: row["column"]):
        name = names[index]
        kind, ends = kept.kinds[name], edges[name]
        ordered = sorted(group, key=partial(_order, edges=ends))[:SHOWN_SLICES]
        slices = [_slice(row, overall, _in_words(row["bucket"], kind, ends)) for row in ordered]
        gap = max(abs(each["deviations"]) for each in slices)
        found.append((gap, {"column": name, "kind": kind, "slices": slices}))
    found.sort(key=lambda each: -each[0])
    return [each for _, each in found[:SHOWN_COLUMNS]]


def _edges(scored: DataFrame, rows: int, kept: RowValues) -> Edges:
    """Return the upper ends of all ranges but the last, by column; none of a categorical one."""
    edges: dict[str, Sequence[float]] = dict.fromkeys(kept.kinds, ())
    if not kept.measured:
        return edges
    sample = scored.select(f"{MEASURES}.*", ROW_ID)
    if rows > SAMPLED_ROWS:
        # digits of the id that do not decide the split
        rank = F.substring(ROW_ID, 9, 8)
        chosen = sample.where(rank < f"{(SAMPLED_ROWS << 32) // rows:08x}")
        sample = chosen.sort(rank, ROW_ID).limit(2 * SAMPLED_ROWS)
    collected = sample.drop(ROW_ID).collect()
    for index, name in enumerate(kept.measured):
        present = sorted(row[index] for row in collected if row[index] is not None)
        edges[name] = _quantiles(present, kept.kinds[name])
    return edges


def _quantiles(ranked: Sequence[float], kind: Kind) -> list[float]:
    if not ranked:
        return []
    edges = (ranked[(len(ranked) - 1) * step // RANGES] for step in range(1, RANGES))
    rounded = {_round(edge, kind) for edge in edges}
    return sorted(edge for edge in rounded if ranked[0] <= edge < ranked[-1])


def _round(number: float, kind: Kind) -> float:
    return float(number // DAY * DAY if kind == "datetime" else f"{number:.4g}")


def _counted(
    scored: DataFrame, problem: Problem, rows: int, kept: RowValues, edges: Edges
) -> list[Row]:
    """Return counts and sums of all rows, then those of each slice, by number of the column."""
    values = [_bucket(name, edges[name]) for name in kept.kinds]
    entries = F.array(
        *(
            F.struct(F.lit(index).alias("column"), bucket.alias("bucket"))
            for index, bucket in enumerate([F.lit(None).cast("string"), *values], start=-1)
        )
    )
    counts = (
        scored.select(*_per_row(problem), F.inline(entries))
        .groupBy("column", "bucket")
        .agg(F.count(F.lit(1)).alias("rows"), *_sums(problem))
    )
    enough = F.col("rows") >= max(MIN_ROWS, int(MIN_SHARE * rows))
    return counts.where(enough | (F.col("column") < 0)).sort("column", "bucket").collect()


def _bucket(name: str, edges: Sequence[float]) -> Column:
    """Return the value of a category, or the number of a range; null where there is no value."""
    if edges:
        measure = F.col(MEASURES).getField(name)
        above = [(measure > edge).cast("int") for edge in edges]
        return sum(above[1:], start=above[0]).cast("string")
    return F.col(VALUES).getField(name).cast("string")


def _per_row(problem: Problem) -> list[Column]:
    label, predicted = F.col("label"), F.col("predicted")
    if problem == REGRESSION:
        return [F.abs(label - predicted).alias("error"), (label - predicted).alias("bias")]
    error = (~label.eqNullSafe(predicted)).cast("double").alias("error")
    if problem == BINARY:
        return [error, label.alias("positive"), predicted.alias("predicted")]
    return [error]


def _sums(problem: Problem) -> list[Column]:
    sums = [F.sum("error").alias("error"), F.sum(F.col("error") ** 2).alias("squares")]
    if problem == REGRESSION:
        sums.append(F.sum("bias").alias("bias"))
    if problem == BINARY:
        found = F.col("positive") * F.col("predicted")
        sums += [F.sum(name).alias(name) for name in ("positive", "predicted")]
        sums.append(F.sum(found).alias("found"))
    return sums


def _order(row: Row, edges: Sequence[float]) -> tuple[int, str]:
    """Ranges in their order, categories by frequency; missing values last."""
    if (bucket := row["bucket"]) is None:
        return 1, ""
    return (int(bucket) - RANGES, "") if edges else (-row["rows"], bucket)


def _slice(row: Row, overall: Row, value: str | None) -> Slice:
    rows, others = row["rows"], overall["rows"] - row["rows"]
    error = row["error"] / rows
    found: Slice = {"value": value, "rows": rows, "error": error, "deviations": 0.0}
    mean = overall["error"] / overall["rows"]
    variance = overall["squares"] / overall["rows"] - mean * mean
    if others and variance > 0:
        difference = error - (overall["error"] - row["error"]) / others
        found["deviations"] = difference / sqrt(variance * (1 / rows + 1 / others))
    if "bias" in row:
        found["bias"] = row["bias"] / rows
    if "found" in row:
        found["precision"] = row["found"] / row["predicted"] if row["predicted"] else None
        found["recall"] = row["found"] / row["positive"] if row["positive"] else None
    return found


def _in_words(bucket: str | None, kind: Kind, edges: Sequence[float]) -> str | None:
    if bucket is None or not edges:
        return bucket
    number, unit = int(bucket), " characters" if kind == "text" else ""
    ends = [_end(edge, kind) for edge in edges]
    if number == 0:
        return f"up to {ends[0]}{unit}"
    if number == len(ends):
        return f"above {ends[-1]}{unit}"
    return f"above {ends[number - 1]}, up to {ends[number]}{unit}"


def _end(edge: float, kind: Kind) -> str:
    return f"{datetime.fromtimestamp(edge, UTC):%Y-%m-%d}" if kind == "datetime" else f"{edge:g}"
