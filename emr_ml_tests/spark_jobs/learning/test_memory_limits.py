"""Lengths of vectors, and what exceeds the limits of a fit."""

from typing import Any

import pytest
from pyspark.sql import SparkSession

from spark_jobs.learning.memory_limits import (
    MAX_FOREST_FEATURES,
    check_feature_count,
    parallel_fits,
    sampling_step,
    text_dimensions,
)
from spark_jobs.learning.params import EstimatorName
from spark_jobs.runtime.job import JobError

OPEN: dict[str, Any] = {"text": "tf_idf", "dimensions": None}


@pytest.mark.parametrize(
    ("settings", "estimator", "classes", "expected"),
    [
        (OPEN, "logistic_regression", 0, 262_144),
        (OPEN, "linear_regression", 0, 262_144),
        (OPEN, "logistic_regression", 3, 262_144),
        (OPEN, "logistic_regression", 20, 65_536),
        (OPEN, "random_forest", 3, 2048),
        ({**OPEN, "text": "word2vec"}, "random_forest", 3, 100),
        ({**OPEN, "dimensions": 7}, "logistic_regression", 1000, 7),
    ],
)
def test_dimensions_are_the_contracts_or_a_default_for_text_and_estimator(
    settings: Any, estimator: EstimatorName, classes: int, expected: int
) -> None:
    assert text_dimensions(settings, estimator, classes) == expected


def test_too_many_features_for_a_forest_are_an_error_with_what_to_do(
    spark: SparkSession,
) -> None:
    with pytest.raises(JobError, match=r"too many for trees.*smaller `dimensions`"):
        check_feature_count(spark, "random_forest", MAX_FOREST_FEATURES + 1, 0)


def test_more_coefficients_than_fit_into_the_driver_are_an_error_with_what_to_do(
    spark: SparkSession,
) -> None:
    with pytest.raises(JobError, match=r"driver's memory.*smaller `dimensions`"):
        check_feature_count(spark, "logistic_regression", 1 << 24, 1000)


def test_a_fit_within_the_limits_is_no_error(spark: SparkSession) -> None:
    check_feature_count(spark, "logistic_regression", 1 << 18, 0)


@pytest.mark.parametrize(
    ("rows", "features", "classes", "expected"),
    [
        (20_000, 100, 0, 3),
        (5000, 1 << 18, 0, 3),
        (5_000_000, 50, 0, 1),
        (20_000, 1 << 18, 0, 1),
        (5, 1 << 25, 0, 1),
    ],
)
def test_fits_run_in_parallel_if_each_leaves_cores_and_memory_idle(
    spark: SparkSession, rows: int, features: int, classes: int, expected: int
) -> None:
    assert parallel_fits(spark, rows, features, classes) == expected


@pytest.mark.parametrize(
    ("rows", "expected"), [(300, 1), (9999, 1), (10_000, 2), (45_000, 4), (5_000_000, 4)]
)
def test_a_sample_has_five_thousand_rows_and_a_quarter_of_many(rows: int, expected: int) -> None:
    assert sampling_step(rows) == expected
