"""What is on each side of the split, and whether a model can be learned from it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from spark_jobs.columns import quoted
from spark_jobs.learning.split import SIDES, TRAIN, VALIDATION
from spark_jobs.names import SIDE
from spark_jobs.problem import BINARY, MULTICLASS, REGRESSION, problem_of
from spark_jobs.runtime.job import JobError

MOST_CLASSES = 1000
LARGEST = 1e150  # the square of a larger number is no number


@dataclass
class Side:
    """What is on one side.

    `present` counts the values of each column, `classes` the rows of each class of the label: of
    a binary one, whether it is the positive value. `mean` and `deviation` are a number's.
    `largest` has the largest number of each numeric column, its sign aside.
    """

    rows: int = 0
    present: Counter[str] = field(default_factory=Counter[str])
    classes: Counter[Any] = field(default_factory=Counter[Any])
    mean: float | None = None
    deviation: float | None = None
    largest: dict[str, float] = field(default_factory=dict[str, float])


def count_sides(
    rows: DataFrame, label: Mapping[str, Any], kinds: Mapping[str, str]
) -> dict[str, Side]:
    """Rows, classes and values by column of each side, in one pass.

    Raises:
        JobError: the label has more than `MOST_CLASSES` values.
    """
    numeric = [name for name, kind in kinds.items() if kind == "numeric"]
    value, problem = quoted(label["column"]), problem_of(label)
    number = value if problem == REGRESSION else F.lit(None).cast("double")
    group = {BINARY: value == label["positive"], MULTICLASS: value, REGRESSION: F.lit(True)}
    counted = rows.groupBy(SIDE, group[problem]).agg(
        F.count(F.lit(1)),
        F.avg(number),
        F.stddev_samp(number),
        *(F.count(quoted(name)) for name in kinds),
        *(F.max(F.abs(quoted(name))) for name in numeric),
    )
    if problem == MULTICLASS:
        counted = counted.limit(len(SIDES) * MOST_CLASSES + 1)  # the label may be anything
    sides = {name: Side() for name in SIDES}
    for name, class_, total, mean, deviation, *more in counted.collect():
        side = sides[name]
        side.rows += total
        side.classes[class_] += total
        side.mean, side.deviation = mean, deviation
        side.present.update(dict(zip(kinds, more, strict=False)))
        for column, largest in zip(numeric, more[len(kinds) :], strict=True):
            side.largest[column] = max(side.largest.get(column, 0.0), largest or 0.0)
    if len(set[Any]().union(*(side.classes for side in sides.values()))) > MOST_CLASSES:
        raise JobError(
            f"the label '{label['column']}' has more than {MOST_CLASSES} values, which is too "
            "many for classes: set `kind: numeric` under `label` in the contract if it is a "
            "number, or name another column"
        )
    return sides


def check_sides(sides: Mapping[str, Side], label: Mapping[str, Any]) -> None:
    """Raises JobError unless the training and the validation side have something to tell apart."""
    _check_features(sides)
    if problem_of(label) == REGRESSION:
        _check_numbers(sides, label)
        return
    for name in (TRAIN, VALIDATION):
        if len(sides[name].classes) > 1:
            continue
        if problem_of(label) == BINARY:
            what, counted = "one class", f"rows that are '{label['positive']}'"
            counts = [f"{each} {side.classes[True]} of {side.rows}" for each, side in sides.items()]
        else:
            what, counted = "fewer than two classes", "classes"
            counts = [
                f"{each} {len(side.classes)} in {side.rows} rows" for each, side in sides.items()
            ]
        raise JobError(
            f"the label '{label['column']}' has {what} on the {name} side, so nothing can be "
            f"learned: {counted}: {', '.join(counts)}. "
            "Check `label` in the contract, or give more rows"
        )


def _check_features(sides: Mapping[str, Side]) -> None:
    for side in sides.values():
        for column, largest in side.largest.items():
            if largest > LARGEST:
                raise JobError(
                    f"the numbers of '{column}' reach {largest:g}, which is too large to compute "
                    "with: give it a `min` and a `max` in the contract, so that such rows are "
                    "rejected, or leave the column out"
                )


def _check_numbers(sides: Mapping[str, Side], label: Mapping[str, Any]) -> None:
    train, column = sides[TRAIN], label["column"]
    counts = ", ".join(f"{name} {side.rows}" for name, side in sides.items())
    if train.rows < 2 or not sides[VALIDATION].rows:
        raise JobError(
            f"there are too few rows to learn '{column}' from, by side: {counts}. Give more rows, "
            "or other shares under `split` in the contract"
        )
    assert train.mean is not None, "the processed data set has no row without a label"
    assert train.deviation is not None, "two numbers have a deviation"
    if not (isfinite(train.mean) and train.deviation < LARGEST):
        raise JobError(
            f"the numbers of the label '{column}' are too large to compute with: their mean is "
            f"{train.mean:g}. Give them in another unit"
        )
    if train.deviation <= abs(train.mean) * 1e-14:
        raise JobError(
            f"the label '{column}' is {train.mean:g} in all {train.rows} rows of the train side, "
            "so nothing can be learned. Check `label` in the contract, or give more rows"
        )
