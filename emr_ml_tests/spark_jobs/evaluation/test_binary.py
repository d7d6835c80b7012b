"""The figures of a binary classification, against scikit-learn's."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, SparkSession
from sklearn import metrics as sklearn_metrics

from emr_ml_tests.spark_jobs.bench import ID, with_ids
from spark_jobs.evaluation.binary import binary_figures
from spark_jobs.evaluation.figures import CommonMetrics
from spark_jobs.evaluation.ranking import CURVE_POINTS

Scored = list[tuple[int, float]]
NAMES = tuple(CommonMetrics.__annotations__)

# few different probabilities, so that many rows are tied
probabilities = st.one_of(
    st.sampled_from([0.0, 0.1, 0.3, 0.5, 0.7, 1.0]), st.floats(0, 1, allow_subnormal=False)
)
of_either_class = st.tuples(
    st.tuples(st.just(1), probabilities), st.tuples(st.just(0), probabilities)
)
some = st.lists(st.tuples(st.integers(0, 1), probabilities), max_size=40)


def frame_of(spark: SparkSession, rows: Sequence[tuple[int, float]]) -> DataFrame:
    return spark.createDataFrame(with_ids(rows), f"{ID}, label int, probability double")


def figures_of(spark: SparkSession, rows: Scored) -> dict[str, Any]:
    frame = frame_of(spark, rows).repartition(2)
    figures: dict[str, Any] = {**binary_figures(frame)}
    return {name: figures[name] for name in NAMES}


def expected(rows: Scored) -> dict[str, float | None]:
    label = np.array([row[0] for row in rows])
    probability = np.array([row[1] for row in rows])
    hit = (probability >= 0.5).astype(int)
    bins = np.minimum(np.floor(probability * 10), 9)
    # the stubs take it for text only
    nothing: dict[str, Any] = {"zero_division": 0}
    gaps = [
        (bins == each).sum() * abs(label[bins == each].mean() - probability[bins == each].mean())
        for each in np.unique(bins)
    ]
    precision, recall, _ = sklearn_metrics.precision_recall_curve(label, probability)
    return {
        "accuracy": sklearn_metrics.accuracy_score(label, hit),
        "f1": sklearn_metrics.f1_score(label, hit, **nothing),
        "precision": sklearn_metrics.precision_score(label, hit, **nothing),
        "recall": sklearn_metrics.recall_score(label, hit),
        "auc_roc": sklearn_metrics.roc_auc_score(label, probability),
        "auc_pr": sklearn_metrics.average_precision_score(label, probability),
        "precision_at_recall_50": precision[recall >= 0.5].max(),
        "precision_at_recall_80": precision[recall >= 0.8].max(),
        "precision_at_recall_90": precision[recall >= 0.9].max(),
        "log_loss": sklearn_metrics.log_loss(label, probability),
        "brier": sklearn_metrics.brier_score_loss(label, probability),
        "calibration_error": sum(gaps) / len(rows),
        "rmse": None,
        "mae": None,
        "r2": None,
        "test_rows": len(rows),
    }


@given(of_either_class, some)
@settings(max_examples=4, deadline=None)
def test_figures_are_those_of_scikit_learn(
    spark: SparkSession, both: tuple[tuple[int, float], ...], more: Scored
) -> None:
    rows = [*both, *more]

    assert figures_of(spark, rows) == pytest.approx(expected(rows), abs=1e-9)


def test_figures_of_rows_that_are_all_tied_are_those_of_scikit_learn(spark: SparkSession) -> None:
    rows = [(1, 0.5), (0, 0.5), (0, 0.5), (1, 0.5), (0, 0.5)]

    assert figures_of(spark, rows) == pytest.approx(expected(rows), abs=1e-9)


def test_figures_of_certain_errors_are_finite_as_in_scikit_learn(spark: SparkSession) -> None:
    rows = [(1, 0.0), (0, 1.0), (1, 1.0), (0, 0.0)]

    assert figures_of(spark, rows) == pytest.approx(expected(rows), abs=1e-9)


def test_figures_of_many_rows_in_many_parts_are_those_of_scikit_learn(spark: SparkSession) -> None:
    chance = np.random.default_rng(5)
    label = chance.integers(0, 2, 3000)
    # two digits only: every score is shared by some 30 rows
    probability = np.clip(chance.normal(0.35 + 0.3 * label, 0.2), 0.01, 0.99).round(2)
    rows = [(int(each), float(score)) for each, score in zip(label, probability, strict=True)]

    assert figures_of(spark, rows) == pytest.approx(expected(rows), abs=1e-9)


def test_precision_at_a_recall_is_the_best_at_any_threshold_that_finds_as_many(
    spark: SparkSession,
) -> None:
    # from the highest score down, precision is 1, 1/2, 2/3, 3/4, 4/5 and 5/10
    labels = [1, 0, 1, 1, 1, 0, 0, 0, 0, 1]
    rows = [(label, 1 - number / 20) for number, label in enumerate(labels)]

    found = figures_of(spark, rows)

    names = ("precision_at_recall_50", "precision_at_recall_80", "precision_at_recall_90")
    assert [found[name] for name in names] == [0.8, 0.8, 0.5]


def test_the_confusion_counts_rows_from_one_half_on_as_positive(spark: SparkSession) -> None:
    rows = [(1, 0.5), (1, 0.49), (0, 0.5), (0, 0.2), (0, 0.1)]
    frame = frame_of(spark, rows)

    assert binary_figures(frame)["confusion"] == {"tp": 1, "fp": 1, "fn": 1, "tn": 2}


def test_the_majority_is_the_share_of_the_more_frequent_label(spark: SparkSession) -> None:
    rows = [(1, 0.9), (0, 0.1), (0, 0.2), (0, 0.9)]
    frame = frame_of(spark, rows)

    assert binary_figures(frame).get("majority_share") == 0.75


def test_the_curve_is_the_ranking_from_the_highest_score_down(spark: SparkSession) -> None:
    rows = [(1, 0.9), (0, 0.8), (1, 0.8), (0, 0.1)]
    frame = frame_of(spark, rows)

    points = binary_figures(frame)["curves"]["ranking"]

    assert [tuple(point.values()) for point in points] == [
        (0.0, 0.5, 1.0, 0.9),
        (0.5, 1.0, pytest.approx(2 / 3), 0.8),
        (1.0, 1.0, 0.5, 0.1),
    ]


def test_the_curve_of_many_rows_has_a_few_hundred_points(spark: SparkSession) -> None:
    rows = [(number % 2, number / 3000) for number in range(3000)]
    frame = frame_of(spark, rows)

    assert len(binary_figures(frame)["curves"]["ranking"]) <= CURVE_POINTS + 1


def test_calibration_has_rows_mean_probability_and_positives_by_bin(
    spark: SparkSession,
) -> None:
    rows = [(1, 1.0), (0, 0.9), (0, 0.12), (1, 0.18)]
    frame = frame_of(spark, rows)

    low, high = binary_figures(frame)["curves"]["calibration"]

    assert (low["bin"], low["rows"], low["positive"]) == (1, 2, 0.5)
    assert math.isclose(low["probability"], 0.15)
    assert (high["bin"], high["rows"], high["positive"]) == (9, 2, 0.5)


def test_the_confusion_counts_what_the_model_has_predicted_whatever_its_threshold(
    spark: SparkSession,
) -> None:
    rows = [(1, 0.3, 1), (0, 0.3, 1), (1, 0.9, 0), (0, 0.1, 0)]
    schema = f"{ID}, label int, probability double, predicted int"

    figures = binary_figures(spark.createDataFrame(with_ids(rows), schema))

    assert figures["confusion"] == {"tp": 1, "fp": 1, "fn": 1, "tn": 1}


def at_one_half(score: Callable[..., float]) -> Callable[..., float]:
    """A score of labels and predictions, given labels and probabilities."""

    def at(label: np.ndarray, probability: np.ndarray) -> float:
        return score(label, probability >= 0.5)

    return at


def test_intervals_are_those_of_resampled_rows(spark: SparkSession) -> None:
    chance = np.random.default_rng(11)
    label = chance.integers(0, 2, 1500)
    probability = np.clip(chance.normal(0.4 + 0.2 * label, 0.2), 0.01, 0.99)
    rows = [(int(each), float(score)) for each, score in zip(label, probability, strict=True)]
    scores: dict[str, Callable[..., float]] = {
        "accuracy": at_one_half(sklearn_metrics.accuracy_score),
        "recall": at_one_half(sklearn_metrics.recall_score),
        "f1": at_one_half(sklearn_metrics.f1_score),
        "auc_roc": sklearn_metrics.roc_auc_score,
        "auc_pr": sklearn_metrics.average_precision_score,
        "brier": sklearn_metrics.brier_score_loss,
    }

    found = binary_figures(frame_of(spark, rows)).get("intervals", {})

    draws = [chance.integers(0, label.size, label.size) for _ in range(300)]
    for name, score in scores.items():
        drawn = [score(label[each], probability[each]) for each in draws]
        width = np.ptp(np.quantile(drawn, [0.025, 0.975]))
        low, high = found[name]
        assert low < score(label, probability) < high, name
        assert high - low == pytest.approx(width, rel=0.25), name


def test_a_perfect_share_of_few_rows_is_no_certain_one(spark: SparkSession) -> None:
    rows = [(1, 0.9), (0, 0.1)] * 15

    found = binary_figures(frame_of(spark, rows)).get("intervals", {})

    assert found["accuracy"] == [0.9, 1.0]
    assert found["recall"] == [0.8, 1.0]
    assert "auc_roc" not in found
