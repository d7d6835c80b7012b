"""Estimators: what can be fitted to the vectors, one for each candidate of its parameters."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pyspark.ml.base import Estimator
from pyspark.ml.classification import LogisticRegression, RandomForestClassifier
from pyspark.ml.regression import LinearRegression, RandomForestRegressor

from spark_jobs.learning.features import FEATURES
from spark_jobs.learning.target import PREDICTED, PROBABILITY, RAW_PREDICTION
from spark_jobs.names import LABEL
from spark_jobs.problem import BINARY, REGRESSION

BLOCK_MEGABYTES = 32  # of rows at a time: the default of 1 is twice as slow on 2^18 features
MOST_EXACT = 1024  # features of a linear regression that is solved in one step
SEED = 17


@dataclass(frozen=True)
class Trial:
    """An estimator that is not fitted yet, and the parameters that set it apart."""

    estimator: Estimator[Any]
    parameters: Mapping[str, float]


def trials(params: Mapping[str, Any], problem: str, features: int) -> list[Trial]:
    """One trial for each candidate of the parameters, in their order.

    Args:
        params: the contract's `model`: `estimator`, and the parameters of each.
        problem: `binary`, `multiclass` or `regression`.
        features: length of the vectors.
    """
    match params["estimator"]:
        case "random_forest":
            return [
                Trial(_forest(params, problem, depth), {"max_depth": depth})
                for depth in params["max_depth"]
            ]
        case "linear_regression":
            return [
                Trial(_linear(params, features, penalty), {"regularization": penalty})
                for penalty in params["regularization"]
            ]
        case _:
            return [
                Trial(_logistic(params, problem, penalty), {"regularization": penalty})
                for penalty in params["regularization"]
            ]


def _logistic(params: Mapping[str, Any], problem: str, penalty: float) -> LogisticRegression:
    return LogisticRegression(
        featuresCol=FEATURES,
        labelCol=LABEL,
        predictionCol=PREDICTED,
        probabilityCol=PROBABILITY,
        rawPredictionCol=RAW_PREDICTION,
        family="binomial" if problem == BINARY else "multinomial",
        regParam=penalty,
        maxIter=params["max_iterations"],
        tol=params["tolerance"],
        # the features are scaled or of unit length already, each in its own way
        standardization=False,
        maxBlockSizeInMB=BLOCK_MEGABYTES,
    )


def _linear(params: Mapping[str, Any], features: int, penalty: float) -> LinearRegression:
    return LinearRegression(
        featuresCol=FEATURES,
        labelCol=LABEL,
        predictionCol=PREDICTED,
        regParam=penalty,
        maxIter=params["max_iterations"],
        tol=params["tolerance"],
        standardization=False,
        solver="normal" if features <= MOST_EXACT else "l-bfgs",
        maxBlockSizeInMB=BLOCK_MEGABYTES,
    )


def _forest(
    params: Mapping[str, Any], problem: str, depth: int
) -> RandomForestClassifier | RandomForestRegressor:
    shared: dict[str, Any] = {
        "featuresCol": FEATURES,
        "labelCol": LABEL,
        "predictionCol": PREDICTED,
        "numTrees": params["trees"],
        "maxDepth": depth,
        "seed": SEED,
    }
    if problem == REGRESSION:
        return RandomForestRegressor(**shared)
    return RandomForestClassifier(
        **shared, probabilityCol=PROBABILITY, rawPredictionCol=RAW_PREDICTION
    )
