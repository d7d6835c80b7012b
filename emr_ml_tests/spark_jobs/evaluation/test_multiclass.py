"""The figures of several classes, against scikit-learn's."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession
from sklearn import metrics as sklearn_metrics

from emr_ml_tests.spark_jobs.bench import ID, with_ids
from spark_jobs.evaluation.figures import CommonMetrics
from spark_jobs.evaluation.multiclass import SHOWN_CLASSES, multiclass_figures

Scored = list[tuple[str, str, float]]
NAMES = tuple(CommonMetrics.__annotations__)

SCHEMA = f"{ID}, label string, predicted string, label_probability double"
MEANS: dict[str, Any] = {"average": "macro", "zero_division": 0}
# "never predicted" and "never a label" have no recall or no precision
labels = st.sampled_from(["a", "b", "à", "never predicted"])
predictions = st.sampled_from(["a", "b", "à", "never a label"])
probabilities = st.one_of(st.sampled_from([0.0, 1.0]), st.floats(0, 1, allow_subnormal=False))


def figures_of(spark: SparkSession, rows: Scored) -> dict[str, Any]:
    return {**multiclass_figures(spark.createDataFrame(with_ids(rows), SCHEMA).repartition(2))}


def expected(rows: Scored) -> dict[str, float | None]:
    label, predicted = [row[0] for row in rows], [row[1] for row in rows]
    costs = [-math.log(max(row[2], 2**-52)) for row in rows]
    return {
        **dict.fromkeys(NAMES),
        "accuracy": sklearn_metrics.accuracy_score(label, predicted),
        "precision": sklearn_metrics.precision_score(label, predicted, **MEANS),
        "recall": sklearn_metrics.recall_score(label, predicted, **MEANS),
        "f1": sklearn_metrics.f1_score(label, predicted, **MEANS),
        "log_loss": sum(costs) / len(costs),
        "test_rows": len(rows),
    }


@given(st.lists(st.tuples(labels, predictions, probabilities), min_size=1, max_size=30))
@settings(max_examples=4, deadline=None)
def test_figures_are_those_of_scikit_learn(spark: SparkSession, rows: Scored) -> None:
    found = figures_of(spark, rows)

    assert {name: found[name] for name in NAMES} == pytest.approx(expected(rows), abs=1e-9)


def test_the_log_loss_is_scikit_learns(spark: SparkSession) -> None:
    chance = np.random.default_rng(3)
    probability = chance.dirichlet([1, 1, 1], 50)
    label = chance.integers(0, 3, 50)
    rows = [
        ("abc"[each], "a", float(row[each])) for each, row in zip(label, probability, strict=True)
    ]

    found = figures_of(spark, rows)["log_loss"]

    assert found == pytest.approx(sklearn_metrics.log_loss(label, probability), abs=1e-9)


def test_the_confusion_counts_labels_by_row_and_predictions_by_column(spark: SparkSession) -> None:
    rows = [("b", "a", 0.1), ("b", "a", 0.2), ("b", "b", 0.9), ("a", "a", 0.8)]

    assert figures_of(spark, rows)["confusion"] == {"labels": ["a", "b"], "rows": [[1, 0], [2, 1]]}


def test_the_majority_is_the_share_of_the_most_frequent_label(spark: SparkSession) -> None:
    rows = [("a", "b", 0.1), ("a", "b", 0.2), ("a", "b", 0.2), ("c", "b", 0.1)]

    assert figures_of(spark, rows)["majority_share"] == 0.75


def test_the_confusion_has_the_most_frequent_classes_only(spark: SparkSession) -> None:
    rare = [(f"rare {number}", "often", 0.5) for number in range(100)]
    rows = [("often", "often", 0.5), ("often", "rare 1", 0.5), *rare]

    confusion = figures_of(spark, rows)["confusion"]

    assert len(confusion["labels"]) == len(confusion["rows"]) == SHOWN_CLASSES
    assert "often" in confusion["labels"]


def test_intervals_are_those_of_resampled_rows(spark: SparkSession) -> None:
    chance = np.random.default_rng(4)
    label = chance.choice(list("aaab"), 800)
    predicted = np.where(chance.random(800) < 0.8, label, "b")
    rows = [(str(one), str(other), 0.5) for one, other in zip(label, predicted, strict=True)]

    found = figures_of(spark, rows)["intervals"]

    def f1(chosen: np.ndarray) -> float:
        return sklearn_metrics.f1_score(label[chosen], predicted[chosen], **MEANS)

    drawn = [f1(chance.integers(0, 800, 800)) for _ in range(300)]
    low, high = found["f1"]
    assert low < f1(np.arange(800)) < high
    assert high - low == pytest.approx(np.ptp(np.quantile(drawn, [0.025, 0.975])), rel=0.25)
    assert found.keys() == {"accuracy", "precision", "recall", "f1"}  # all losses are alike
