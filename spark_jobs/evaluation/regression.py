"""Figures of a regression."""

import numpy as np
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from spark_jobs.aggregates import aggregate
from spark_jobs.contract import REGRESSION
from spark_jobs.evaluation.bootstrap import (
    INTERVAL_GROUPS,
    Interval,
    interval,
    ratio,
    resampled_sums,
    row_group,
)
from spark_jobs.evaluation.figures import ErrorBin, FitBin, RegressionFigures
from spark_jobs.evaluation.scores import regression_scores, row_loss

BINS = 20
HISTOGRAM_HALF_WIDTH = 3.0  # in root mean squared errors


def regression_figures(scored: DataFrame) -> RegressionFigures:
    """Return the figures of rows with id, `label` and `predicted`, both double.

    There must be at least one row.
    """
    scores = regression_scores(scored)
    fit = _fit_bins(scored)
    return {
        "problem": "regression",
        **scores,
        "accuracy": None,
        "f1": None,
        "precision": None,
        "recall": None,
        "auc_roc": None,
        "auc_pr": None,
        "precision_at_recall_50": None,
        "precision_at_recall_80": None,
        "precision_at_recall_90": None,
        "log_loss": None,
        "brier": None,
        "calibration_error": None,
        "test_rows": sum(bin_["rows"] for bin_ in fit),
        "curves": {"fit": fit, "errors": _error_histogram(scored, scores["rmse"])},
        "intervals": _intervals(scored),
    }


def _intervals(scored: DataFrame) -> dict[str, Interval]:
    error = F.col("label") - F.col("predicted")
    by_group = scored.groupBy(row_group(INTERVAL_GROUPS).alias("group")).agg(
        F.count(F.lit(1)).alias("rows"),
        F.sum(row_loss(REGRESSION)).alias("squared"),
        F.sum(F.abs(error)).alias("absolute"),
        F.avg("label").alias("label"),
        F.var_pop("label").alias("variance"),
    )
    groups = np.array(by_group.sort("group").drop("group").collect(), dtype=float).T
    rows, squared, absolute, label, variance = groups
    distance = label - np.average(label, weights=rows)  # so that no large squares are subtracted
    with np.errstate(over="ignore"):
        spread = rows * (variance + distance**2)
    sums = np.column_stack([rows, squared, absolute, rows * distance, spread])
    if not np.isfinite(sums).all():
        return {}
    rows, squared, absolute, distance, spread = resampled_sums(sums).T
    found = {
        "rmse": interval(np.sqrt(squared / rows)),
        "mae": interval(absolute / rows),
        "r2": interval(1 - ratio(squared, spread - distance**2 / rows)),
    }
    return {name: ends for name, ends in found.items() if ends}


def _fit_bins(scored: DataFrame) -> list[FitBin]:
    """Return bins by prediction, with about as many rows each."""
    shares = [each / BINS for each in range(1, BINS)]
    (edges,) = aggregate(scored, F.percentile_approx("predicted", shares))
    above = [(F.col("predicted") > edge).cast("int") for edge in sorted(set(edges))]
    number = sum(above, start=F.lit(0)).alias("bin")
    bins = (
        scored.groupBy(number)
        .agg(
            F.count(F.lit(1)).alias("rows"),
            F.avg("predicted").alias("predicted"),
            F.avg("label").alias("label"),
        )
        .orderBy("bin")
    )
    return [
        {"bin": bin_, "rows": rows, "predicted": predicted, "label": label}
        for bin_, rows, predicted, label in bins.collect()
    ]


def _error_histogram(scored: DataFrame, rmse: float | None) -> list[ErrorBin]:
    if not rmse:
        return []
    width = 2 * HISTOGRAM_HALF_WIDTH * rmse / BINS
    index = F.floor((F.col("label") - F.col("predicted")) / width) + BINS // 2
    number = F.greatest(F.lit(0), F.least(index, F.lit(BINS - 1))).alias("bin")
    counts = {row["bin"]: row["count"] for row in scored.groupBy(number).count().collect()}
    return [
        {"from": (each - BINS // 2) * width, "rows": counts.get(each, 0)} for each in range(BINS)
    ]
