"""The stages from columns to one vector."""

from typing import Any

import pytest
from pyspark.sql import SparkSession

from emr_ml_tests.spark_jobs.learning.featurized import SETTINGS, fitted, rules_of, terms, vectors
from spark_jobs.contract import Kind
from spark_jobs.learning.features import make_featurizer

MIXED: dict[str, Kind] = {
    "a.b": "numeric",
    "the `job`": "categorical",
    "it's": "text",
    "more text": "text",
}
SCHEMA = "`a.b` double, `the ``job``` string, `it's` string, `more text` string"
ROWS = [(1.0, "x", "one", "two"), (3.0, "y", "two", "one")]
NUMBERS: dict[str, Kind] = {"n": "numeric", "same": "numeric"}
PAIR = "n double, same double"


def scaled(
    spark: SparkSession, scale: str, rows: list[tuple[float | None, float | None]]
) -> list[list[float]]:
    settings: dict[str, Any] = {**SETTINGS, "numeric": scale}
    train = spark.createDataFrame([(1.0, 7.0), (2.0, 7.0), (3.0, 7.0)], PAIR)
    found = vectors(fitted(train, NUMBERS, settings), spark.createDataFrame(rows, PAIR))
    return [vector.toArray().tolist() for vector in found]


def test_columns_of_all_kinds_and_names_make_one_vector_without_metadata(
    spark: SparkSession,
) -> None:
    frame = spark.createDataFrame(ROWS, SCHEMA)

    found = fitted(frame, MIXED, SETTINGS).transform(frame)

    # a number; two categories and one for all others; two texts
    assert found.collect()[0]["__features"].size == 1 + 3 + 2 * SETTINGS["dimensions"]
    assert found.schema["__features"].metadata == {}


def test_standard_numbers_are_scaled_by_the_fitted_rows_and_missing_ones_are_the_mean(
    spark: SparkSession,
) -> None:
    found = scaled(spark, "standard", [(2.0, 7.0), (5.0, 7.0), (None, None)])

    assert found == [[0.0, 0.0], [3.0, 0.0], [0.0, 0.0]]


def test_minmax_numbers_go_from_0_to_1_and_missing_ones_are_the_mean(spark: SparkSession) -> None:
    found = scaled(spark, "minmax", [(1.0, 7.0), (3.0, 7.0), (5.0, 7.0), (None, None)])

    assert [number for number, _ in found] == [0.0, 1.0, 2.0, 0.5]


@pytest.mark.parametrize("scale", ["standard", "minmax"])
def test_a_column_that_was_constant_has_one_value_for_every_row(
    spark: SparkSession, scale: str
) -> None:
    found = scaled(spark, scale, [(1.0, 7.0), (1.0, 1e9), (1.0, None)])

    assert found[0] == found[1] == found[2]


def test_unknown_and_missing_categories_share_an_index(spark: SparkSession) -> None:
    frame = spark.createDataFrame([("x",), ("y",), (None,)], "c string")
    model = fitted(frame, {"c": "categorical"}, SETTINGS)

    found = vectors(model, spark.createDataFrame([("x",), ("new",), (None,)], "c string"))

    assert [terms(vector) for vector in found] == [{0}, {2}, {2}]


@pytest.mark.usefixtures("spark")
def test_texts_are_split_and_hashed_once_for_all_weightings() -> None:
    def key(**settings: Any) -> str:
        given: Any = {**SETTINGS, **settings}
        return make_featurizer(rules_of({"t": "text"}), given).row_key

    assert key(text="tf_idf", index=0) == key(text="hashing_tf", index=1)
    assert key(max_ngram=1) != key(max_ngram=2)
    assert key(binary=True) != key(binary=False)
