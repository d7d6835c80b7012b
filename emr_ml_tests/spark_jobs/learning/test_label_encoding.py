"""The label as the number that a model is fitted on."""

from typing import Any

import pytest
from pyspark.sql import SparkSession

from emr_ml.contract.schema import Label
from spark_jobs.learning.label_encoding import with_label


@pytest.mark.parametrize(
    ("label", "values", "expected"),
    [
        ({"positive": "yes"}, ["yes", "no", "Yes"], [1.0, 0.0, 0.0]),
        ({}, ["b", "a", "unknown"], [1.0, 0.0, None]),
    ],
    ids=["binary", "multiclass"],
)
def test_the_label_is_1_for_the_positive_value_or_the_index_of_its_class(
    spark: SparkSession, label: dict[str, str], values: list[str], expected: list[float | None]
) -> None:
    frame = spark.createDataFrame([(value,) for value in values], "`is.it` string")
    given: Any = Label.model_validate({"column": "is.it", **label}).model_dump(mode="json")

    rows = with_label(frame, given, ["a", "b"]).collect()

    assert [row["_label"] for row in rows] == expected
