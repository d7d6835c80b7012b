"""Figures of a prediction of numbers."""

from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from spark_jobs.evaluation import named
from spark_jobs.evaluation.scores import regression_scores

BINS = 20
ERRORS_WIDE = 3.0  # root mean squared errors to either side of the histogram's middle


def regression_figures(scored: DataFrame) -> dict[str, Any]:
    """All of `figures.NAMES`, `problem` and `curves`.

    The curves are `fit` (bins of about as many rows each, by prediction) and `errors` (a
    histogram of label less prediction, its ends open).

    Args:
        scored: `label` and `predicted`, both double, at least one row.
    """
    found = regression_scores(scored)
    fit = _fit(scored)
    return named(
        "regression",
        **found,
        test_rows=sum(bin_["rows"] for bin_ in fit),
        curves={"fit": fit, "errors": _errors(scored, found["rmse"])},
    )


def _fit(scored: DataFrame) -> list[dict[str, Any]]:
    shares = [each / BINS for each in range(1, BINS)]
    row = scored.agg(F.percentile_approx("predicted", shares).alias("edges")).first()
    assert row is not None, "an aggregate without groups has one row"
    over = [(F.col("predicted") > edge).cast("int") for edge in sorted(set(row["edges"]))]
    number = sum(over, start=F.lit(0)).alias("bin")
    bins = (
        scored.groupBy(number)
        .agg(
            F.count(F.lit(1)).alias("rows"),
            F.avg("predicted").alias("predicted"),
            F.avg("label").alias("label"),
        )
        .orderBy("bin")
    )
    return [row.asDict() for row in bins.collect()]


def _errors(scored: DataFrame, rmse: float | None) -> list[dict[str, Any]]:
    if not rmse:
        return []
    width = 2 * ERRORS_WIDE * rmse / BINS
    place = F.floor((F.col("label") - F.col("predicted")) / width) + BINS // 2
    number = F.greatest(F.lit(0), F.least(place, F.lit(BINS - 1))).alias("bin")
    counts = {row["bin"]: row["count"] for row in scored.groupBy(number).count().collect()}
    return [
        {"from": (each - BINS // 2) * width, "rows": counts.get(each, 0)} for each in range(BINS)
    ]
