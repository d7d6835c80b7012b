"""How features vary, and how much of the label each alone explains."""

from collections.abc import Sequence

import numpy as np
import pytest
from pyspark.ml.linalg import Vectors
from pyspark.sql import SparkSession

from spark_jobs.contract import Problem
from spark_jobs.learning.feature_blocks import FeatureBlock
from spark_jobs.learning.feature_statistics import (
    FeatureStatistics,
    compute_feature_statistics,
    most_explaining_feature,
)

CHANCE = np.random.default_rng(5)
ONE = FeatureBlock("x", "numeric", 0, 1)


def statistics_of(
    spark: SparkSession,
    label: Sequence[float],
    features: Sequence[Sequence[float]],
    problem: Problem,
) -> FeatureStatistics:
    rows = [(float(y), Vectors.dense(*map(float, x))) for y, x in zip(label, features, strict=True)]
    return compute_feature_statistics(
        spark.createDataFrame(rows, ["_label", "__features"]), problem
    )


def one_hot(values: Sequence[int], size: int) -> list[list[float]]:
    return np.eye(size)[list(values)].tolist()


def explained_by(
    spark: SparkSession, label: Sequence[float], values: Sequence[int], size: int, problem: Problem
) -> float:
    """How much of the label a column of these categories explains."""
    found = statistics_of(spark, label, one_hot(values, size), problem)
    return found.most_explaining(FeatureBlock("c", "categorical", 0, size))[1]


def standard(numbers: Sequence[float]) -> list[float]:
    label = np.array(numbers, float)
    return ((label - label.mean()) / label.std(ddof=1)).tolist()


@pytest.mark.parametrize("problem", ["binary", "regression"])
def test_the_deviation_is_that_of_all_rows(spark: SparkSession, problem: Problem) -> None:
    features = CHANCE.normal([0, 5], [1, 3], (40, 2))
    label = standard([0, 1] * 20) if problem == "regression" else [0, 1] * 20

    found = statistics_of(spark, label, features.tolist(), problem).deviation

    assert found == pytest.approx(features.std(axis=0, ddof=1))


def test_a_feature_explains_of_a_number_what_a_straight_line_explains(spark: SparkSession) -> None:
    features = CHANCE.normal(size=(50, 2))
    label = standard((features[:, 0] * 3 + CHANCE.normal(size=50)).tolist())
    squared = np.corrcoef(features[:, 0], label)[0, 1] ** 2

    found = statistics_of(spark, label, features.tolist(), "regression")

    assert found.most_explaining(ONE)[1] == pytest.approx(1 - (1 - squared) * 49 / 48)
    assert most_explaining_feature(found, [FeatureBlock("n", "numeric", 1, 1), ONE])[0] == 0


@pytest.mark.parametrize(
    ("problem", "label"),
    [("binary", [0, 1] * 30), ("multiclass", [0, 1, 2] * 20), ("regression", range(60))],
)
def test_a_copy_of_the_label_explains_it_as_a_number_and_as_a_category(
    spark: SparkSession, problem: Problem, label: Sequence[int]
) -> None:
    fitted = standard(label) if problem == "regression" else label
    number = statistics_of(spark, fitted, [[each * 2 - 7] for each in label], problem)
    coarse = [each // 2 for each in label] if problem == "regression" else label

    assert number.most_explaining(ONE)[1] == pytest.approx(1)
    assert explained_by(spark, fitted, coarse, 30, problem) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("problem", ["binary", "regression"])
def test_a_random_feature_explains_nothing(spark: SparkSession, problem: Problem) -> None:
    label = standard(range(60)) if problem == "regression" else [0, 1] * 30
    ids = list(range(60))
    drawn = CHANCE.integers(0, 10, 60).tolist()

    assert explained_by(spark, label, ids, 60, problem) == 0
    assert explained_by(spark, label, drawn, 10, problem) < 0.25
    assert statistics_of(spark, label, [[7.0]] * 60, problem).most_explaining(ONE)[1] == 0


def test_categories_finer_than_the_classes_explain_them(spark: SparkSession) -> None:
    values = CHANCE.integers(0, 4, 60).tolist()

    assert explained_by(spark, [value // 2 for value in values], values, 4, "binary") == 1


def test_a_term_explains_by_its_presence_in_a_text_of_any_length(spark: SparkSession) -> None:
    label = [0, 1] * 20
    weights = CHANCE.uniform(0.01, 1, 40).tolist()
    features = [[weight * y, weight] for y, weight in zip(label, weights, strict=True)]
    text = FeatureBlock("t", "text", 0, 2, hashed="terms")

    assert statistics_of(spark, label, features, "binary").most_explaining(text) == (
        0,
        pytest.approx(1),
    )
