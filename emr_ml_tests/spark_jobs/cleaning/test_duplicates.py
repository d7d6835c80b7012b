"""Rows that equal an earlier one are counted; those that merely look alike are not."""

import pytest
from pyspark.sql import SparkSession

from spark_jobs.cleaning.duplicates import count_duplicates
from spark_jobs.cleaning.figures import Duplicates

Values = tuple[str | None, float | None]


def counted(spark: SparkSession, rows: list[Values]) -> Duplicates:
    ids = [f"{number:032x}{0:032x}" for number in range(len(rows))]
    named = [(*row, id_) for row, id_ in zip(rows, ids, strict=True)]
    frame = spark.createDataFrame(named, "`a b` string, x double, __row_id string")
    return count_duplicates(frame, ["a b", "x"], by_id=True)


@pytest.mark.parametrize(
    ("rows", "equal"),
    [
        ([("a", 1.0), ("a", 1.0), ("a", 2.0), ("a", 1.0)], 2),
        ([("a", None), ("a", None)], 1),
        ([("a", None), (None, None), ("", None)], 0),
        ([("1.0", None), (None, 1.0)], 0),
    ],
)
def test_rows_are_equal_if_all_their_values_are_present_and_equal(
    spark: SparkSession, rows: list[Values], equal: int
) -> None:
    assert counted(spark, rows) == {"rows": equal, "ids": 0}
