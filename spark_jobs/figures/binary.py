"""Figures of a binary classification.

Formulas: Davis and Goadrich (2006) for the areas, Brier (1950), Guo et al. (2017) for the
expected calibration error.
"""

from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from spark_jobs.figures import named, ratio
from spark_jobs.figures.ranking import areas, curve, ranked
from spark_jobs.figures.scores import binary_sums

BINS = 10


def binary_figures(scored: DataFrame) -> dict[str, Any]:
    """All of `figures.NAMES`, `problem`, `majority_share`, `confusion` and `curves`.

    Args:
        scored: `label` (0 or 1) and `probability` of 1, at least one row of each label.
    """
    sums = binary_sums(scored)
    tp, fp, fn, tn = (sums[name] for name in ("tp", "fp", "fn", "tn"))
    bins = _bins(scored)
    with ranked(scored) as steps:
        auc_roc, auc_pr = areas(steps, tp + fn, fp + tn)
        points = curve(steps, tp + fn, fp + tn)
    gaps = (bin_["rows"] * abs(bin_["positive"] - bin_["probability"]) for bin_ in bins)
    return named(
        "binary",
        accuracy=(tp + tn) / sums["rows"],
        precision=ratio(tp, tp + fp),
        recall=ratio(tp, tp + fn),
        f1=ratio(2 * tp, 2 * tp + fp + fn),
        auc_roc=auc_roc,
        auc_pr=auc_pr,
        log_loss=sums["log_loss"],
        brier=sums["brier"],
        calibration_error=sum(gaps) / sums["rows"],
        test_rows=sums["rows"],
        majority_share=max(tp + fn, fp + tn) / sums["rows"],
        confusion={"tp": tp, "fp": fp, "fn": fn, "tn": tn},
        curves={"ranking": points, "calibration": bins},
    )


def _bins(scored: DataFrame) -> list[dict[str, Any]]:
    """Equal-width bins of probability: rows, mean probability and share of positives in each."""
    number = F.least(F.floor(F.col("probability") * BINS), F.lit(BINS - 1)).alias("bin")
    found = (
        scored.groupBy(number)
        .agg(
            F.count(F.lit(1)).alias("rows"),
            F.avg("probability").alias("probability"),
            F.avg("label").alias("positive"),
        )
        .orderBy("bin")
    )
    return [row.asDict() for row in found.collect()]
