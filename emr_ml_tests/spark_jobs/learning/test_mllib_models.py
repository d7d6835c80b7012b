"""MLlib's stages predict what the models that were fitted in the driver predict."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyspark.ml import PipelineModel
from pyspark.ml.functions import array_to_vector, vector_to_array
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from scipy.special import expit, softmax

from emr_ml_tests.spark_jobs.learning.local import CLASSES, made_up
from spark_jobs.contract import Problem
from spark_jobs.learning.boosted_trees import BoostingFit
from spark_jobs.learning.class_weights import PROBABILITY
from spark_jobs.learning.features import FEATURES
from spark_jobs.learning.label_encoding import ESTIMATED
from spark_jobs.learning.linear_fit import LinearObjective, fit_path
from spark_jobs.learning.local_rows import Numbers
from spark_jobs.learning.mllib_models import linear_stages, tree_stages

THRESHOLD = 0.3


def fitted(
    spark: SparkSession, estimator: str, problem: Problem
) -> tuple[list[Any], Numbers, Numbers]:
    """The stages of a model, vectors, and the margins that it has for them."""
    features, labels = made_up(problem)
    weights, classes = np.ones(len(labels)), len(CLASSES) if problem == "multiclass" else 0
    if estimator == "linear":
        objective = LinearObjective(features, labels, weights, problem, classes)
        model = fit_path(objective, 1e-3, iterations=20, tolerance=1e-9).last.adjusted(1.5, 0.25)
        stages = linear_stages(spark, model, problem, THRESHOLD)
        return stages, features, model.margins(features)
    floats = features.astype(np.float32)
    fit = BoostingFit(floats, labels, weights, problem, classes, rounds=10)
    trees = fit.trees().adjusted(1.5, 0.25)
    stages = tree_stages(spark, trees, features.shape[1], problem, THRESHOLD)
    return stages, features, 1.5 * fit.margins(floats, 10) + 0.25


@pytest.mark.parametrize("problem", ["binary", "multiclass", "regression"])
@pytest.mark.parametrize("estimator", ["linear", "trees"])
def test_the_saved_stages_have_the_model_s_probabilities_and_predictions(
    spark: SparkSession, tmp_path: Path, estimator: str, problem: Problem
) -> None:
    stages, features, margins = fitted(spark, estimator, problem)
    PipelineModel(stages).write().save(str(tmp_path / "model"))
    rows = spark.createDataFrame([(each.tolist(),) for each in features], "x array<double>")
    vectors = rows.select(array_to_vector(F.col("x")).alias(FEATURES)).coalesce(1)

    found = PipelineModel.load(str(tmp_path / "model")).transform(vectors)

    if problem == "regression":
        estimated = [row[0] for row in found.select(ESTIMATED).collect()]
        assert estimated == pytest.approx(margins[:, 0], abs=1e-5)  # XGBoost adds up floats
        return
    predicted = found.select(ESTIMATED, vector_to_array(F.col(PROBABILITY))).collect()
    shares = softmax(margins, axis=1)
    if problem == "binary":
        shares = np.stack([expit(-margins[:, 0]), expit(margins[:, 0])], axis=1)
    probabilities = np.array([row[1] for row in predicted])
    assert probabilities == pytest.approx(shares, abs=1e-5)
    positive = probabilities[:, 1] > THRESHOLD
    expected = positive if problem == "binary" else probabilities.argmax(axis=1)
    assert [row[0] for row in predicted] == expected.astype(float).tolist()
