"""The figures that candidates are compared by, as sums: no row is ever collected."""

from collections.abc import Callable, Mapping
from math import isfinite, sqrt

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F

from spark_jobs.problem import BINARY, MULTICLASS, REGRESSION

THRESHOLD = 0.5
SMALLEST = 2**-52  # scikit-learn's clip: a probability of 0 would make the log loss infinite

Scores = dict[str, float | None]


def binary_sums() -> list[Column]:
    """Aggregates: rows `tp`, `fp`, `fn` and `tn`, and the sums of their `log_loss` and `brier`.

    They are of rows with `label` (0 or 1) and `probability` of 1.
    """
    positive, hit = F.col("label") == 1, F.col("probability") >= THRESHOLD
    return [
        F.count_if(positive & hit).alias("tp"),
        F.count_if(~positive & hit).alias("fp"),
        F.count_if(positive & ~hit).alias("fn"),
        F.count_if(~positive & ~hit).alias("tn"),
        F.sum(row_loss(BINARY)).alias("log_loss"),
        F.sum((F.col("probability") - F.col("label")) ** 2).alias("brier"),
    ]


def binary_scores(scored: DataFrame) -> Scores:
    """`log_loss` and `accuracy`.

    Args:
        scored: `label` (0 or 1) and `probability` of 1, at least one row.
    """
    sums = _only(scored.agg(*binary_sums()))
    rows = sums["tp"] + sums["fp"] + sums["fn"] + sums["tn"]
    return _finite(
        {"log_loss": sums["log_loss"] / rows, "accuracy": (sums["tp"] + sums["tn"]) / rows}
    )


def multiclass_scores(scored: DataFrame) -> Scores:
    """`log_loss` and `accuracy`.

    Args:
        scored: `label`, `predicted` and `label_probability`, the probability of the label.
    """
    hit = F.coalesce(F.col("label") == F.col("predicted"), F.lit(False))
    sums = scored.agg(
        F.avg(row_loss(MULTICLASS)).alias("log_loss"), F.avg(hit.cast("int")).alias("accuracy")
    )
    return _finite(_only(sums).asDict())


def regression_scores(scored: DataFrame) -> Scores:
    """`rmse`, `mae` and `r2`; null where they are not finite, `r2` also if the label is constant.

    Args:
        scored: `label` and `predicted`, both double.
    """
    error = F.col("label") - F.col("predicted")
    sums = _only(
        scored.agg(
            F.avg(row_loss(REGRESSION)).alias("mse"),
            F.avg(F.abs(error)).alias("mae"),
            F.var_pop("label").alias("variance"),
        )
    )
    r2 = 1 - sums["mse"] / sums["variance"] if sums["variance"] else None
    return _finite({"rmse": sqrt(sums["mse"]), "mae": sums["mae"], "r2": r2})


SCORES: Mapping[str, Callable[[DataFrame], Scores]] = {
    BINARY: binary_scores,
    MULTICLASS: multiclass_scores,
    REGRESSION: regression_scores,
}


def row_loss(problem: str) -> Column:
    """What a row costs: of a number the squared error, else the log loss."""
    probability = F.col("probability")
    match problem:
        case "binary":
            of_label = F.when(F.col("label") == 1, probability).otherwise(1 - probability)
        case "multiclass":
            of_label = F.col("label_probability")
        case _:
            return (F.col("label") - F.col("predicted")) ** 2
    return -F.log(F.greatest(of_label, F.lit(SMALLEST)))


def _finite(found: Scores) -> Scores:
    # JSON has neither infinity nor NaN
    return {
        name: value if value is not None and isfinite(value) else None
        for name, value in found.items()
    }


def _only(aggregated: DataFrame) -> Row:
    row = aggregated.first()
    assert row is not None, "an aggregate without groups has one row"
    return row
