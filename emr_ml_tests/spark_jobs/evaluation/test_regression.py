"""The figures of predicted numbers, against scikit-learn's."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession
from sklearn import metrics as sklearn_metrics

from emr_ml_tests.spark_jobs.bench import ID, with_ids
from spark_jobs.evaluation.figures import CommonMetrics
from spark_jobs.evaluation.regression import BINS, regression_figures

Scored = list[tuple[float, float]]
NAMES = tuple(CommonMetrics.__annotations__)

SCHEMA = f"{ID}, label double, predicted double"
numbers = st.one_of(st.integers(-3, 3).map(float), st.floats(-1e6, 1e6, allow_subnormal=False))


def figures_of(spark: SparkSession, rows: Scored) -> dict[str, Any]:
    frame = spark.createDataFrame(with_ids(rows), SCHEMA).repartition(2)
    return {**regression_figures(frame)}


@given(st.lists(st.tuples(numbers, numbers), min_size=1, max_size=30))
@settings(max_examples=4, deadline=None)
def test_figures_are_those_of_scikit_learn(spark: SparkSession, rows: Scored) -> None:
    label, predicted = np.array(rows).T
    expected = {
        "rmse": sklearn_metrics.root_mean_squared_error(label, predicted),
        "mae": sklearn_metrics.mean_absolute_error(label, predicted),
        "test_rows": len(rows),
    }
    if label.min() < label.max():
        expected["r2"] = sklearn_metrics.r2_score(label, predicted)

    found = figures_of(spark, rows)

    assert {name for name in NAMES if found[name] is not None} == expected.keys()
    scores = {name: found[name] for name in expected}
    assert scores == pytest.approx(expected, rel=1e-6, abs=1e-9)


def test_the_coefficient_of_numbers_far_from_zero_is_exact(spark: SparkSession) -> None:
    rows = [(1e9 + number, 1e9 + number + 0.5) for number in range(10)]

    assert figures_of(spark, rows)["r2"] == pytest.approx(1 - 0.25 / 8.25, rel=1e-6)


def test_a_number_that_json_does_not_have_is_null(spark: SparkSession) -> None:
    assert figures_of(spark, [(1e200, -1e200), (0.0, 1.0)])["rmse"] is None


def test_bins_of_as_many_rows_each_follow_the_prediction(spark: SparkSession) -> None:
    rows = [(float(number * 2), float(number)) for number in range(100)]

    fit = figures_of(spark, rows)["curves"]["fit"]

    assert len(fit) == BINS
    assert [bin_["label"] for bin_ in fit] == [2 * bin_["predicted"] for bin_ in fit]
    assert {bin_["rows"] for bin_ in fit} <= {4, 5, 6}


def test_predictions_that_are_all_the_same_are_one_bin(spark: SparkSession) -> None:
    (bin_,) = figures_of(spark, [(1.0, 7.0), (2.0, 7.0)])["curves"]["fit"]

    assert (bin_["rows"], bin_["predicted"], bin_["label"]) == (2, 7.0, 1.5)


def test_errors_beyond_the_histogram_are_counted_at_its_ends(spark: SparkSession) -> None:
    rows = [*((0.0, 0.0) for _ in range(50)), (100.0, 0.0), (-100.0, 0.0)]

    errors = figures_of(spark, rows)["curves"]["errors"]

    assert (errors[0]["rows"], errors[-1]["rows"]) == (1, 1)
    assert sum(bin_["rows"] for bin_ in errors) == 52


def test_intervals_are_those_of_resampled_rows(spark: SparkSession) -> None:
    chance = np.random.default_rng(5)
    label = 1e6 + chance.normal(size=800)
    predicted = label + chance.normal(0, 0.5, 800)

    found = figures_of(spark, list(zip(label.tolist(), predicted.tolist(), strict=True)))

    def r2(chosen: np.ndarray) -> float:
        return sklearn_metrics.r2_score(label[chosen], predicted[chosen])

    drawn = [r2(chance.integers(0, 800, 800)) for _ in range(300)]
    low, high = found["intervals"]["r2"]
    assert low < r2(np.arange(800)) < high
    assert high - low == pytest.approx(np.ptp(np.quantile(drawn, [0.025, 0.975])), rel=0.25)
    assert found["intervals"].keys() == {"rmse", "mae", "r2"}
