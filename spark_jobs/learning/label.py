"""The label as a number."""

from collections.abc import Mapping, Sequence
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from spark_jobs.columns import quoted
from spark_jobs.names import LABEL
from spark_jobs.problem import problem_of


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
