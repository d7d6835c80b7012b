"""The scores that compare models, of rows that do not count alike."""

import numpy as np
import pytest
from pyspark.sql import SparkSession
from sklearn import metrics as sklearn_metrics

from spark_jobs.columns import WEIGHT
from spark_jobs.evaluation.scores import binary_scores, multiclass_scores, regression_scores

CHANCE = np.random.default_rng(6)
WEIGHTS = CHANCE.uniform(0.1, 5, 60)


def test_numbers_are_scored_as_by_scikit_learn_even_far_from_0(spark: SparkSession) -> None:
    label = 1e9 + CHANCE.normal(size=60)
    predicted = label + CHANCE.normal(scale=0.5, size=60)
    rows = zip(label.tolist(), predicted.tolist(), WEIGHTS.tolist(), strict=True)
    frame = spark.createDataFrame(list(rows), ["label", "predicted", WEIGHT])

    found = regression_scores(frame)

    assert found == pytest.approx(
        {
            "rmse": sklearn_metrics.root_mean_squared_error(
                label, predicted, sample_weight=WEIGHTS
            ),
            "mae": sklearn_metrics.mean_absolute_error(label, predicted, sample_weight=WEIGHTS),
            "r2": sklearn_metrics.r2_score(label, predicted, sample_weight=WEIGHTS),
        },
        rel=1e-6,
    )


def test_classes_are_scored_as_by_scikit_learn(spark: SparkSession) -> None:
    label, probability = CHANCE.integers(0, 2, 60), CHANCE.uniform(0.05, 0.95, 60)
    right = np.where(label == 1, probability, 1 - probability)
    predicted = (probability >= 0.5).astype(int)
    columns = (label, predicted, probability, right, WEIGHTS)
    rows = zip(*(each.tolist() for each in columns), strict=True)
    names = ["label", "predicted", "probability", "label_probability", WEIGHT]
    frame = spark.createDataFrame(list(rows), names)
    expected = {
        "log_loss": sklearn_metrics.log_loss(label, probability, sample_weight=WEIGHTS),
        "accuracy": sklearn_metrics.accuracy_score(label, predicted, sample_weight=WEIGHTS),
    }

    assert binary_scores(frame) == pytest.approx(expected)
    assert multiclass_scores(frame) == pytest.approx(expected)
