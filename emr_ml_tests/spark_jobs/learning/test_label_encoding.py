"""The label as the number that a model is fitted on."""

from typing import Any

import pytest
from pyspark.ml.feature import SQLTransformer
from pyspark.sql import SparkSession

from emr_ml.contract.schema import Label
from spark_jobs.learning.fitted_pipeline import FittedPipeline
from spark_jobs.learning.label_encoding import PREDICTION, apply_model, with_label


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


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("SELECT *, n + 1 AS prediction FROM __THIS__", id="earlier releases"),
        pytest.param("SELECT *, n + 1 AS __prediction FROM __THIS__", id="today"),
    ],
)
def test_models_of_earlier_releases_predict_under_the_same_name(
    spark: SparkSession, statement: str
) -> None:
    model = FittedPipeline.of([SQLTransformer(statement=statement)])

    (row,) = apply_model(model, spark.createDataFrame([(1.0,)], "n double")).collect()

    assert row[PREDICTION] == 2


def test_a_users_column_may_be_called_prediction(spark: SparkSession) -> None:
    model = FittedPipeline.of(
        [SQLTransformer(statement="SELECT *, 5 AS __prediction FROM __THIS__")]
    )

    (row,) = apply_model(model, spark.createDataFrame([(1.0,)], "prediction double")).collect()

    assert (row["prediction"], row[PREDICTION]) == (1, 5)
