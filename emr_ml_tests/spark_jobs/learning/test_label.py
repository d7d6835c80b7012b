"""The label as the number that is fitted on."""

import pytest
from pyspark.sql import SparkSession

from emr_ml.contract.schema import Label
from spark_jobs.learning.label import with_label


@pytest.mark.parametrize(
    ("label", "values", "expected"),
    [
        ({"positive": "yes"}, ["yes", "no", "Yes"], [1.0, 0.0, 0.0]),
        ({}, ["b", "a", "unknown"], [1.0, 0.0, None]),
    ],
    ids=["binary", "multiclass"],
)
def test_the_label_is_1_where_it_is_the_positive_value_else_its_place_among_the_classes(
    spark: SparkSession, label: dict[str, str], values: list[str], expected: list[float | None]
) -> None:
    frame = spark.createDataFrame([(value,) for value in values], "`is.it` string")
    given = Label.model_validate({"column": "is.it", **label}).model_dump()

    rows = with_label(frame, given, ["a", "b"]).collect()

    assert [row["_label"] for row in rows] == expected
