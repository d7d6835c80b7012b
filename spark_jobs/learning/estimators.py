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

# Of rows at a time. With the default, 1, a fit on 2^18 features takes twice as long. But Java keeps
# 100 blocks in memory that it reads from disk, so many rows are read in small ones.
WIDE_BLOCK_MEGABYTES, BLOCK_MEGABYTES = 32, 1
WIDE = 1 << 14  # features
# Of many terms that count alike, more iterations learn what is chance (Prechelt, 1998). On 25,000
# film reviews the loss on the validation side was least after 24, and a tenth more after all 81.
# With weights of rare terms there was no such turn.
EARLY_ITERATIONS, ITERATIONS = 24, 100
SHORT = 8  # iterations; on film reviews they tell losses of 0.27, 0.52 and 0.69 apart
MOST_EXACT = 1024  # features of a linear regression that is solved in one step
SEED = 17


@dataclass(frozen=True)
class Trial:
    """An estimator that is not fitted yet, and the parameters that set it apart.

    `short` is the same with few iterations, if that tells enough to leave it out. With `early`, the
    last iteration is one after which it would get worse.
    """

    estimator: Estimator[Any]
    parameters: Mapping[str, float]
    short: Estimator[Any] | None = None
    early: bool = False


def trials(
    params: Mapping[str, Any], problem: str, features: int, *, alike: bool = False
) -> list[Trial]:
    """One trial for each candidate of the parameters, in their order.

    Args:
        params: the contract's `model`: `estimator`, and the parameters of each.
        problem: `binary`, `multiclass` or `regression`.
        features: length of the vectors.
        alike: whether terms count alike, be they rare or not.
    """
    logistic = params["estimator"] == "logistic_regression"
    early = logistic and alike and features >= WIDE and params["max_iterations"] is None
    most = params["max_iterations"] or (EARLY_ITERATIONS if early else ITERATIONS)
    params = {**params, "max_iterations": most}
    match params["estimator"]:
        case "random_forest":
            return [
                Trial(_forest(params, problem, depth), {"max_depth": depth})
                for depth in params["max_depth"]
            ]
        case "linear_regression":
            fitting = [_linear(params, features, each) for each in params["regularization"]]
        case _:
            fitting = [
                _logistic(params, problem, features, each) for each in params["regularization"]
            ]
    return [
        Trial(estimator, {"regularization": penalty}, _shortened(estimator, features), early)
        for penalty, estimator in zip(params["regularization"], fitting, strict=True)
    ]


def _shortened(
    estimator: LogisticRegression | LinearRegression, features: int
) -> Estimator[Any] | None:
    # with fewer features, a fit ends so soon that beginning it twice takes longer
    if features < WIDE or estimator.getMaxIter() <= SHORT:
        return None
    return estimator.copy({estimator.maxIter: SHORT})


def _logistic(
    params: Mapping[str, Any], problem: str, features: int, penalty: float
) -> LogisticRegression:
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
        maxBlockSizeInMB=_block(features),
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
        maxBlockSizeInMB=_block(features),
    )


def _block(features: int) -> float:
    return WIDE_BLOCK_MEGABYTES if features >= WIDE else BLOCK_MEGABYTES


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
