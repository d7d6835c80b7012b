"""The scores by which models are compared; rows with a `_weight` count that much."""

from collections.abc import Callable, Mapping
from math import isfinite, sqrt

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from spark_jobs.aggregates import aggregate
from spark_jobs.columns import WEIGHT
from spark_jobs.contract import BINARY, MULTICLASS, REGRESSION, Problem
from spark_jobs.evaluation.figures import ClassificationScores, RegressionScores

THRESHOLD = 0.5
SMALLEST = 2**-52  # as scikit-learn clips: the log loss of a probability of 0 would be infinite

Scores = ClassificationScores | RegressionScores


def is_positive(scored: DataFrame) -> Column:
    """Return whether rows are predicted to be positive.

    That is what the model has `predicted`, whatever its threshold. Rows without a prediction are
    positive from a probability of `THRESHOLD` on.
    """
    if "predicted" in scored.columns:
        return F.col("predicted") == 1
    return F.col("probability") >= THRESHOLD


def binary_sums(predicted: Column) -> list[Column]:
    """Return aggregates of rows with a `label`, 0 or 1, and the `probability` of 1.

    They count the rows `tp`, `fp`, `fn` and `tn`, and sum up their `log_loss` and `brier`.

    Args:
        predicted: whether a row is predicted to be positive.
    """
    positive = F.col("label") == 1
    return [
        F.count_if(positive & predicted).alias("tp"),
        F.count_if(~positive & predicted).alias("fp"),
        F.count_if(positive & ~predicted).alias("fn"),
        F.count_if(~positive & ~predicted).alias("tn"),
        F.sum(row_loss(BINARY)).alias("log_loss"),
        F.sum((F.col("probability") - F.col("label")) ** 2).alias("brier"),
    ]


def binary_scores(scored: DataFrame) -> ClassificationScores:
    """Return the scores of rows with a `label`, 0 or 1, and the `probability` of 1."""
    hit = (F.col("label") == 1) == is_positive(scored)
    return _classification_scores(scored, BINARY, hit)


def multiclass_scores(scored: DataFrame) -> ClassificationScores:
    """Return the scores of rows with `label`, `predicted`, and the `label_probability`."""
    hit = F.coalesce(F.col("label") == F.col("predicted"), F.lit(False))
    return _classification_scores(scored, MULTICLASS, hit)


def _classification_scores(
    scored: DataFrame, problem: Problem, hit: Column
) -> ClassificationScores:
    mean = _mean_of(scored)
    means = aggregate(
        scored,
        mean(row_loss(problem)).alias("log_loss"),
        mean(hit.cast("int")).alias("accuracy"),
    )
    return {"log_loss": finite(means["log_loss"]), "accuracy": means["accuracy"]}


def regression_scores(scored: DataFrame) -> RegressionScores:
    """Return the scores of rows with `label` and `predicted`, both double."""
    error, mean = F.col("label") - F.col("predicted"), _mean_of(scored)
    variance = F.var_pop("label")
    if WEIGHT in scored.columns:
        # around the mean, because the squares of large numbers leave no digits for their difference
        (center,) = aggregate(scored, mean(F.col("label")))
        variance = mean((F.col("label") - center) ** 2)
    means = aggregate(
        scored,
        mean(row_loss(REGRESSION)).alias("mse"),
        mean(F.abs(error)).alias("mae"),
        variance.alias("variance"),
    )
    r2 = 1 - means["mse"] / means["variance"] if means["variance"] else None
    return {
        "rmse": finite(sqrt(means["mse"])),
        "mae": finite(means["mae"]),
        "r2": finite(r2),
    }


def _mean_of(scored: DataFrame) -> Callable[[Column], Column]:
    if WEIGHT not in scored.columns:
        return F.avg
    return lambda values: F.sum(values * F.col(WEIGHT)) / F.sum(WEIGHT)


SCORES: Mapping[Problem, Callable[[DataFrame], Scores]] = {
    BINARY: binary_scores,
    MULTICLASS: multiclass_scores,
    REGRESSION: regression_scores,
}


def row_loss(problem: Problem) -> Column:
    """Return the loss of a row: the squared error of a number, else the log loss."""
    probability = F.col("probability")
    match problem:
        case "binary":
            label_probability = F.when(F.col("label") == 1, probability).otherwise(1 - probability)
        case "multiclass":
            label_probability = F.col("label_probability")
        case _:
            return (F.col("label") - F.col("predicted")) ** 2
    return -F.log(F.greatest(label_probability, F.lit(SMALLEST)))


def finite(value: float | None) -> float | None:
    """Return the number, or None for infinity and NaN, which JSON does not have."""
    return value if value is not None and isfinite(value) else None
