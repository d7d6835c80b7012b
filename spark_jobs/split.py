"""Which side of the split a row is on, and its label as a number."""

from collections.abc import Mapping, Sequence
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from spark_jobs.columns import quoted
from spark_jobs.names import LABEL, ROW_ID, SIDE

TRAIN, VALIDATION, TEST = "train", "validation", "test"
SIDES = (TRAIN, VALIDATION, TEST)
BINARY, MULTICLASS, REGRESSION = "binary", "multiclass", "regression"


def with_side(rows: DataFrame, split: Mapping[str, int]) -> DataFrame:
    """The rows with `_side`, by the row's id alone: a row never changes its side.

    The id's first 8 hex digits, as a number modulo 100: below `train` percent train, below
    `train + validation` validation, else test.
    """
    percent = F.conv(F.substring(ROW_ID, 1, 8), 16, 10).cast("long") % 100
    return rows.withColumn(
        SIDE,
        F.when(percent < split[TRAIN], TRAIN)
        .when(percent < split[TRAIN] + split[VALIDATION], VALIDATION)
        .otherwise(TEST),
    )


def problem_of(label: Mapping[str, Any]) -> str:
    """What is to be learned of that label: `binary`, `multiclass` or `regression`."""
    if label["kind"] == "numeric":
        return REGRESSION
    return BINARY if label["positive"] is not None else MULTICLASS


def with_label(rows: DataFrame, label: Mapping[str, Any], classes: Sequence[str] = ()) -> DataFrame:
    """The rows with `_label`, a double.

    Of a binary label 1 where it is the positive value, else 0; of one of several classes its
    place in `classes`, null where it is none of them; of a number the number.
    """
    value = quoted(label["column"])
    match problem_of(label):
        case "binary":
            number = value == label["positive"]
        case "multiclass":
            number = place_in(classes, value)
        case _:
            number = value
    return rows.withColumn(LABEL, number.cast("double"))


def place_in(classes: Sequence[str], value: Column) -> Column:
    """The value's place in the list, from 0; null where it is not in there."""
    found = F.array_position(F.array(*(F.lit(each) for each in classes)), value)
    return F.when(found > 0, found - 1)
