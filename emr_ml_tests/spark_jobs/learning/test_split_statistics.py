"""Statistics by split, and data that nothing can be learned from."""

import re
from typing import Any

import pytest
from pyspark.sql import SparkSession

from emr_ml.contract.schema import Label
from spark_jobs.contract import MAX_CLASSES, Kind
from spark_jobs.learning.split_statistics import (
    SplitStatistics,
    check_splits,
    compute_split_statistics,
)
from spark_jobs.runtime.job import JobError

SCHEMA = "_side string, `a.b` double, c string, y string"
KINDS: dict[str, Kind] = {"a.b": "numeric", "c": "categorical"}
NUMBER = "_side string, y double"


def label(**fields: Any) -> Any:
    return Label.model_validate({"column": "y", **fields}).model_dump(mode="json")


def numbers(spark: SparkSession, **values: list[float]) -> dict[str, SplitStatistics]:
    rows = [(split, value) for split, found in values.items() for value in found]
    return compute_split_statistics(spark.createDataFrame(rows, NUMBER), label(kind="numeric"), {})


def classes(spark: SparkSession, **values: str) -> dict[str, SplitStatistics]:
    rows = [(split, 1.0, None, value) for split, found in values.items() for value in found]
    return compute_split_statistics(spark.createDataFrame(rows, SCHEMA), label(), KINDS)


def test_rows_values_and_classes_are_counted_by_split(spark: SparkSession) -> None:
    rows = [
        ("train", 1.0, "x", "no"),
        ("train", -3.0, None, "yes"),
        ("train", None, None, "perhaps"),
        ("test", None, "x", "yes"),
    ]

    splits = compute_split_statistics(
        spark.createDataFrame(rows, SCHEMA), label(positive="yes"), KINDS
    )

    assert splits["train"].rows == 3
    assert splits["train"].present == {"a.b": 2, "c": 1}
    assert splits["train"].classes == {True: 1, False: 2}
    assert splits["train"].largest == {"a.b": 3.0}
    assert splits["validation"].rows == 0
    assert splits["test"].present == {"a.b": 0, "c": 1}


def test_a_numeric_label_has_mean_and_deviation(spark: SparkSession) -> None:
    train = numbers(spark, train=[1.0, 3.0], validation=[5.0])["train"]

    assert (train.mean, train.deviation) == (2.0, pytest.approx(2**0.5))


def test_a_split_with_one_of_several_classes_is_an_error_with_counts_by_split(
    spark: SparkSession,
) -> None:
    splits = classes(spark, train="abc", validation="bbb")

    with pytest.raises(
        JobError,
        match=r"'y' has fewer than two classes in the validation split.*"
        r"train 3 in 3 rows, validation 1 in 3 rows, test 0 in 0 rows",
    ):
        check_splits(splits, label())


def test_too_many_classes_are_an_error_with_what_to_do(
    spark: SparkSession,
) -> None:
    rows = [("train", 1.0, None, str(number)) for number in range(MAX_CLASSES + 1)]
    frame = spark.createDataFrame(rows, SCHEMA)

    with pytest.raises(JobError, match=r"more than 1000 values.*`kind: numeric`.*another column"):
        compute_split_statistics(frame, label(), KINDS)


@pytest.mark.parametrize("value", [0.1, -1e9, 0.0])
def test_a_numeric_label_that_is_always_the_same_is_an_error(
    spark: SparkSession, value: float
) -> None:
    splits = numbers(spark, train=[value] * 7, validation=[1.0])

    message = re.escape(f"'y' is {value:g} in all 7 rows of the training split")
    with pytest.raises(JobError, match=message):
        check_splits(splits, label(kind="numeric"))


def test_a_numeric_label_without_rows_to_validate_on_is_an_error(spark: SparkSession) -> None:
    splits = numbers(spark, train=[1.0, 2.0])

    with pytest.raises(JobError, match=r"too few rows.*train 2, validation 0, test 0"):
        check_splits(splits, label(kind="numeric"))


def test_numbers_too_large_to_compute_with_are_an_error_that_names_the_column(
    spark: SparkSession,
) -> None:
    rows = [("train", 1e200, None, "a"), ("validation", 1.0, None, "b")]
    splits = compute_split_statistics(spark.createDataFrame(rows, SCHEMA), label(), KINDS)

    with pytest.raises(JobError, match=r"'a.b' reach 1e\+200"):
        check_splits(splits, label())


def test_a_numeric_label_too_large_to_compute_with_is_an_error(spark: SparkSession) -> None:
    splits = numbers(spark, train=[1e200, -1e200], validation=[1.0])

    with pytest.raises(JobError, match="label 'y' are too large"):
        check_splits(splits, label(kind="numeric"))


def test_weights_have_a_mean_in_each_split(spark: SparkSession) -> None:
    splits = weights(spark, train=[1.0, 3.0], validation=[0.5])

    check_splits(splits, label(kind="numeric"))
    assert (splits["train"].mean_weight, splits["validation"].mean_weight) == (2.0, 0.5)


@pytest.mark.parametrize("weight", [1e300, 1e-300])
def test_weights_that_sums_or_ratios_would_lose_are_an_error(
    spark: SparkSession, weight: float
) -> None:
    splits = weights(spark, train=[1.0, 3.0], validation=[weight])

    with pytest.raises(JobError, match=re.escape(f"{weight:g}") + ".*in another unit"):
        check_splits(splits, label(kind="numeric"))


def weights(spark: SparkSession, **values: list[float]) -> dict[str, SplitStatistics]:
    """Statistics of rows with these weights, and different numbers as labels."""
    rows = [
        (split, float(number), weight)
        for split, found in values.items()
        for number, weight in enumerate(found)
    ]
    frame = spark.createDataFrame(rows, f"{NUMBER}, `w.1` double")
    return compute_split_statistics(frame, label(kind="numeric"), {}, weight="w.1")
