"""Estimators to fit to the vectors, one for each candidate of their parameters."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from pyspark.ml.base import Estimator
from pyspark.ml.classification import GBTClassifier, LogisticRegression, RandomForestClassifier
from pyspark.ml.regression import GBTRegressor, LinearRegression, RandomForestRegressor

from spark_jobs.columns import LABEL
from spark_jobs.contract import BINARY, REGRESSION, Problem
from spark_jobs.learning.boosted_trees import MAX_TREES
from spark_jobs.learning.class_weights import FIT_WEIGHT, PROBABILITY, calibrated
from spark_jobs.learning.features import FEATURES
from spark_jobs.learning.label_encoding import ESTIMATED, RAW_PREDICTION
from spark_jobs.learning.params import SEED, EstimatorName, ModelParams
from spark_jobs.runtime.job import JobError

# Megabytes of a block of rows. With the default, 1, a fit on 2^18 features takes twice as long.
# But Java keeps 100 blocks in memory that it reads from disk, so narrow rows have small blocks.
WIDE_BLOCK_MEGABYTES, BLOCK_MEGABYTES = 32, 1
WIDE = 1 << 14  # features
# With many terms of equal weight, more iterations overfit, so they stop early (Prechelt, 1998). On
# 25,000 film reviews the validation loss was lowest after 24 iterations, and a tenth higher after
# all 81. When rare terms weighed more, it kept falling.
EARLY_ITERATIONS, ITERATIONS = 24, 100
SHORT_ITERATIONS = 8  # enough to tell losses of 0.27, 0.52 and 0.69 apart on film reviews
BOOSTED_DEPTH = 5  # the 31 leaves of a tree that one process fits, at most
MAX_NORMAL_FEATURES = 1024  # of a linear regression that is solved in one step


@dataclass(frozen=True)
class Trial:
    """An estimator by name, not fitted yet, and the parameters that distinguish it.

    `short` is the same estimator with few iterations, if these tell enough to discard it. If
    `early`, its iterations are limited because more would overfit.
    """

    name: EstimatorName
    estimator: Estimator[Any]
    parameters: Mapping[str, float]
    short: Estimator[Any] | None = None
    early: bool = False


def make_trials(
    params: ModelParams,
    problem: Problem,
    features: int,
    *,
    equal_weights: bool = False,
    class_weights: Mapping[str, float] = MappingProxyType({}),
    is_weighted: bool = False,
) -> list[Trial]:
    """Return one trial for each candidate of the parameters, in their order.

    Args:
        params: of the model.
        problem: of the label.
        features: length of the vectors.
        equal_weights: whether rare and frequent terms have equal weight.
        class_weights: in the order of the classes' numbers; empty if they have none.
        is_weighted: whether rows have a weight in the fit.
    """
    trials = _unweighted_trials(
        params, problem, features, equal_weights=equal_weights, class_weights=class_weights
    )
    if not is_weighted:
        return trials
    return [
        replace(
            trial,
            estimator=_weighted(trial.estimator),
            short=trial.short and _weighted(trial.short),
        )
        for trial in trials
    ]


def _weighted(estimator: Any) -> Estimator[Any]:
    return estimator.setWeightCol(FIT_WEIGHT)


def _unweighted_trials(
    params: ModelParams,
    problem: Problem,
    features: int,
    *,
    equal_weights: bool,
    class_weights: Mapping[str, float],
) -> list[Trial]:
    name = params["estimator"]
    if name == "auto":
        name = "linear_regression" if problem == REGRESSION else "logistic_regression"
    logistic = name == "logistic_regression"
    given = params["max_iterations"]
    early = logistic and equal_weights and features >= WIDE and given is None
    iterations = given or (EARLY_ITERATIONS if early else ITERATIONS)
    match name:
        case "random_forest":
            return [
                Trial(name, _forest(params, problem, depth, class_weights), {"max_depth": depth})
                for depth in params["max_depth"]
            ]
        case "gradient_boosted_trees":
            return [Trial(name, _boosted(params, problem, class_weights), {})]
        case "linear_regression":
            regressions = [
                _linear(params, iterations, features, penalty) for penalty in penalties(params)
            ]
        case "logistic_regression":
            regressions = [
                calibrated(_logistic(params, iterations, problem, features, penalty), class_weights)
                for penalty in penalties(params)
            ]
    return [
        Trial(name, regression, penalty, _shortened(regression, features), early)
        for penalty, regression in zip(penalties(params), regressions, strict=True)
    ]


def penalties(params: ModelParams) -> list[Mapping[str, float]]:
    """Return the penalties of a linear model to choose from, each as its parameters.

    `elastic_net` is among them if any is wanted.
    """
    shares = params["elastic_net"]
    named = any(shares)
    return [
        {"regularization": penalty, **({"elastic_net": share} if named else {})}
        for share in shares
        for penalty in params["regularization"]
    ]


def _shortened(
    estimator: LogisticRegression | LinearRegression, features: int
) -> Estimator[Any] | None:
    # with fewer features a fit is so fast that starting it twice takes longer
    if features < WIDE or estimator.getMaxIter() <= SHORT_ITERATIONS:
        return None
    return estimator.copy({estimator.maxIter: SHORT_ITERATIONS})


def _logistic(
    params: ModelParams,
    iterations: int,
    problem: Problem,
    features: int,
    penalty: Mapping[str, float],
) -> LogisticRegression:
    return LogisticRegression(
        featuresCol=FEATURES,
        labelCol=LABEL,
        predictionCol=ESTIMATED,
        probabilityCol=PROBABILITY,
        rawPredictionCol=RAW_PREDICTION,
        family="binomial" if problem == BINARY else "multinomial",
        regParam=penalty["regularization"],
        elasticNetParam=penalty.get("elastic_net", 0.0),
        maxIter=iterations,
        tol=params["tolerance"],
        # the featurizer has scaled the features already, or given them unit length
        standardization=False,
        maxBlockSizeInMB=_block_megabytes(features),
    )


def _linear(
    params: ModelParams, iterations: int, features: int, penalty: Mapping[str, float]
) -> LinearRegression:
    return LinearRegression(
        featuresCol=FEATURES,
        labelCol=LABEL,
        predictionCol=ESTIMATED,
        regParam=penalty["regularization"],
        elasticNetParam=penalty.get("elastic_net", 0.0),
        maxIter=iterations,
        tol=params["tolerance"],
        standardization=False,
        solver="normal" if features <= MAX_NORMAL_FEATURES else "l-bfgs",
        maxBlockSizeInMB=_block_megabytes(features),
    )


def _block_megabytes(features: int) -> float:
    return WIDE_BLOCK_MEGABYTES if features >= WIDE else BLOCK_MEGABYTES


def _boosted(
    params: ModelParams, problem: Problem, class_weights: Mapping[str, float]
) -> GBTClassifier | GBTRegressor:
    """Return MLlib's boosted trees, for more rows than one process fits.

    Raises:
        JobError: the label has several classes, which MLlib's have not.
    """
    shared: dict[str, Any] = {
        "featuresCol": FEATURES,
        "labelCol": LABEL,
        "predictionCol": ESTIMATED,
        "maxIter": params["max_iterations"] or MAX_TREES,
        "maxDepth": BOOSTED_DEPTH,
        "seed": SEED,
    }
    if problem == REGRESSION:
        return GBTRegressor(**shared)
    if problem != BINARY:
        raise JobError(
            "Spark has no gradient boosted trees for several classes, and these are too many rows "
            "and features for one process: choose random_forest or logistic_regression as "
            "`estimator`, or smaller `dimensions` in `featurizers`"
        )
    boosted = GBTClassifier(**shared)
    boosted.setProbabilityCol(PROBABILITY).setRawPredictionCol(RAW_PREDICTION)
    return calibrated(boosted, class_weights)


def _forest(
    params: ModelParams, problem: Problem, depth: int, class_weights: Mapping[str, float]
) -> RandomForestClassifier | RandomForestRegressor:
    shared: dict[str, Any] = {
        "featuresCol": FEATURES,
        "labelCol": LABEL,
        "predictionCol": ESTIMATED,
        "numTrees": params["trees"],
        "maxDepth": depth,
        "seed": SEED,
    }
    if problem == REGRESSION:
        return RandomForestRegressor(**shared)
    forest = RandomForestClassifier(
        **shared, probabilityCol=PROBABILITY, rawPredictionCol=RAW_PREDICTION
    )
    return calibrated(forest, class_weights)
