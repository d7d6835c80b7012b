"""Statistics of each split, and whether a model can be learned from them."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from logging import Logger
from math import isfinite
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from spark_jobs.columns import SPLIT, quoted
from spark_jobs.contract import BINARY, MAX_CLASSES, MULTICLASS, REGRESSION, Kind, Label, problem_of
from spark_jobs.learning.split import SPLITS, TRAIN, VALIDATION
from spark_jobs.runtime.job import JobError

MAX_NUMBER = 1e150  # the square of a larger one overflows
MIN_WEIGHT = 1 / MAX_NUMBER  # so that a weight is above 0 even beside the greatest one


@dataclass
class SplitStatistics:
    """Statistics of one split.

    `present` counts the values of each column, `classes` the rows of each class of the label (for
    a binary label, by whether it is the positive value). `mean` and `deviation` are those of a
    numeric label. `largest` is the largest absolute value of each numeric column. `mean_weight` is
    the mean of the rows' weights, between `least_weight` and `greatest_weight`.
    """

    rows: int = 0
    present: Counter[str] = field(default_factory=Counter[str])
    classes: Counter[Any] = field(default_factory=Counter[Any])
    mean: float | None = None
    deviation: float | None = None
    largest: dict[str, float] = field(default_factory=dict[str, float])
    mean_weight: float = 1.0
    least_weight: float = 1.0
    greatest_weight: float = 1.0


def compute_split_statistics(
    rows: DataFrame, label: Label, kinds: Mapping[str, Kind], *, weight: str | None = None
) -> dict[str, SplitStatistics]:
    """Return the statistics of each split, in one pass over the rows.

    Args:
        rows: with `_side`.
        label: of the contract.
        kinds: of the columns to learn from.
        weight: the column with the weights of rows, which takes another pass.

    Raises:
        JobError: the label has more than `MAX_CLASSES` values.
    """
    numeric = [name for name, kind in kinds.items() if kind == "numeric"]
    value, problem = quoted(label["column"]), problem_of(label)
    number = value if problem == REGRESSION else F.lit(None).cast("double")
    classes = {BINARY: value == label["positive"], MULTICLASS: value, REGRESSION: F.lit(True)}
    groups = rows.groupBy(SPLIT, classes[problem]).agg(
        F.count(F.lit(1)),
        F.avg(number),
        F.stddev_samp(number),
        *(F.count(quoted(name)) for name in kinds),
        *(F.max(F.abs(quoted(name))) for name in numeric),
    )
    if problem == MULTICLASS:
        groups = groups.limit(len(SPLITS) * MAX_CLASSES + 1)  # each row may have its own class
    statistics = {name: SplitStatistics() for name in SPLITS}
    for name, class_, total, mean, deviation, *by_column in groups.collect():
        split = statistics[name]
        split.rows += total
        split.classes[class_] += total
        split.mean, split.deviation = mean, deviation
        split.present.update(dict(zip(kinds, by_column, strict=False)))
        for column, largest in zip(numeric, by_column[len(kinds) :], strict=True):
            split.largest[column] = max(split.largest.get(column, 0.0), largest or 0.0)
    if len(set[Any]().union(*(split.classes for split in statistics.values()))) > MAX_CLASSES:
        raise JobError(
            f"the label '{label['column']}' has more than {MAX_CLASSES} values, which are too "
            "many classes: set `kind: numeric` under `label` in the contract if it is a "
            "number, or name another column"
        )
    if weight is not None:
        _add_weights(statistics, rows, quoted(weight))
    return statistics


def _add_weights(statistics: Mapping[str, SplitStatistics], rows: DataFrame, value: Column) -> None:
    by_split = rows.groupBy(SPLIT).agg(F.avg(value), F.min(value), F.max(value))
    for name, mean, least, greatest in by_split.collect():
        split = statistics[name]
        split.mean_weight, split.least_weight, split.greatest_weight = mean, least, greatest


def check_splits(statistics: Mapping[str, SplitStatistics], label: Label) -> None:
    """Raise JobError unless a model can be trained and validated on the splits."""
    _check_features(statistics)
    _check_weights(statistics)
    if problem_of(label) == REGRESSION:
        _check_numeric_label(statistics, label)
        return
    for name in (TRAIN, VALIDATION):
        if len(statistics[name].classes) > 1:
            continue
        if problem_of(label) == BINARY:
            problem, counted = "one class", f"rows that are '{label['positive']}'"
            counts = [
                f"{each} {split.classes[True]} of {split.rows}"
                for each, split in statistics.items()
            ]
        else:
            problem, counted = "fewer than two classes", "classes"
            counts = [
                f"{each} {len(split.classes)} in {split.rows} rows"
                for each, split in statistics.items()
            ]
        raise JobError(
            f"the label '{label['column']}' has {problem} in the {name} split, so nothing can be "
            f"learned ({counted}: {', '.join(counts)}). "
            "Check `label` in the contract, or provide more rows"
        )


def usable_columns(
    train: SplitStatistics, kinds: Mapping[str, Kind], log: Logger
) -> tuple[dict[str, Kind], list[str]]:
    """Return the kinds of the columns with a value in the training split, and the other columns.

    Raises:
        JobError: no column has a value.
    """
    usable: dict[str, Kind] = {name: kind for name, kind in kinds.items() if train.present[name]}
    ignored = sorted(kinds.keys() - usable.keys())
    if ignored:
        log.warning("no value in the training split, so ignored: %s", ", ".join(ignored))
    if not usable:
        raise JobError(
            "no column of the contract has a value in the training split, so there is nothing to "
            f"learn from: {', '.join(ignored)}. Check `columns` and `missing` in the contract"
        )
    return usable, ignored


def _check_features(statistics: Mapping[str, SplitStatistics]) -> None:
    for split in statistics.values():
        for column, largest in split.largest.items():
            if largest > MAX_NUMBER:
                raise JobError(
                    f"the numbers of '{column}' reach {largest:g}, which is too large to compute "
                    "with: set `min` and `max` of the column in the contract, so that such rows "
                    "are rejected, or remove the column"
                )


def _check_weights(statistics: Mapping[str, SplitStatistics]) -> None:
    least = min(split.least_weight for split in statistics.values())
    greatest = max(split.greatest_weight for split in statistics.values())
    if least < MIN_WEIGHT or greatest > MAX_NUMBER:
        raise JobError(
            f"the rows' weights, `weight` in the contract, are {least:g} to {greatest:g}, and "
            f"weights below {MIN_WEIGHT:g} or above {MAX_NUMBER:g} can't be computed with. Only "
            "their ratios matter: write them in another unit"
        )


def _check_numeric_label(statistics: Mapping[str, SplitStatistics], label: Label) -> None:
    train, column = statistics[TRAIN], label["column"]
    counts = ", ".join(f"{name} {split.rows}" for name, split in statistics.items())
    if train.rows < 2 or not statistics[VALIDATION].rows:
        raise JobError(
            f"there are too few rows to learn '{column}' from (by split: {counts}). Provide more "
            "rows, or other shares under `split` in the contract"
        )
    assert train.mean is not None, "the processed data set has no row without a label"
    assert train.deviation is not None, "two numbers have a deviation"
    if not (isfinite(train.mean) and train.deviation < MAX_NUMBER):
        raise JobError(
            f"the numbers of the label '{column}' are too large to compute with: their mean is "
            f"{train.mean:g}. Write them in another unit"
        )
    if train.deviation <= abs(train.mean) * 1e-14:
        raise JobError(
            f"the label '{column}' is {train.mean:g} in all {train.rows} rows of the training "
            "split, so nothing can be learned. Check `label` in the contract, or provide more rows"
        )
