"""How long vectors are, and what is too much for a fit."""

from typing import Any

import pytest
from pyspark.sql import SparkSession

from spark_jobs.learning.sizes import (
    MOST_FEATURES_OF_A_FOREST,
    at_once,
    check_size,
    dimensions,
    one_row_of,
)
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
def test_dimensions_are_the_contracts_or_what_suits_text_and_estimator(
    settings: dict[str, Any], estimator: str, classes: int, expected: int
) -> None:
    assert dimensions(settings, estimator, classes) == expected


def test_a_forest_of_too_many_features_is_an_error_that_says_what_to_do(
    spark: SparkSession,
) -> None:
    with pytest.raises(JobError, match=r"too many for a random forest.*smaller `dimensions`"):
        check_size(spark, "random_forest", MOST_FEATURES_OF_A_FOREST + 1, 0)


def test_more_coefficients_than_the_driver_holds_are_an_error_that_says_what_to_do(
    spark: SparkSession,
) -> None:
    with pytest.raises(JobError, match=r"driver's memory.*smaller `dimensions`"):
        check_size(spark, "logistic_regression", 1 << 24, 1000)


def test_what_fits_is_none(spark: SparkSession) -> None:
    check_size(spark, "logistic_regression", 1 << 18, 0)


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
def test_candidates_are_fitted_together_where_each_leaves_cores_and_memory_idle(
    spark: SparkSession, rows: int, features: int, classes: int, expected: int
) -> None:
    assert at_once(spark, rows, features, classes) == expected


@pytest.mark.parametrize(
    ("rows", "expected"), [(300, 1), (9999, 1), (10_000, 2), (45_000, 4), (5_000_000, 4)]
)
def test_a_short_fit_takes_five_thousand_rows_and_a_quarter_of_many(
    rows: int, expected: int
) -> None:
    assert one_row_of(rows) == expected
