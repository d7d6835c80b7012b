"""Figures of a binary classification.

Formulas: Davis and Goadrich (2006) for the areas, Brier (1950), Guo et al. (2017) for the
expected calibration error.
"""

from collections import Counter
from typing import Any

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from spark_jobs.evaluation import named, ratio
from spark_jobs.evaluation.ranking import ranked, traced
from spark_jobs.evaluation.scores import binary_sums

BINS = 10


def binary_figures(scored: DataFrame) -> dict[str, Any]:
    """All of `figures.NAMES`, `problem`, `majority_share`, `confusion` and `curves`.

    Args:
        scored: `label` (0 or 1) and `probability` of 1, at least one row of each label.
    """
    bins = _bins(scored)
    sums = Counter[str]()
    for bin_ in bins:
        sums.update(bin_.asDict())
    tp, fp, fn, tn = (sums[name] for name in ("tp", "fp", "fn", "tn"))
    rows = tp + fp + fn + tn
    calibration = [_calibration(bin_) for bin_ in bins]
    with ranked(scored) as steps:
        ranking = traced(steps, tp + fn, fp + tn)
    gaps = (each["rows"] * abs(each["positive"] - each["probability"]) for each in calibration)
    return named(
        "binary",
        accuracy=(tp + tn) / rows,
        precision=ratio(tp, tp + fp),
        recall=ratio(tp, tp + fn),
        f1=ratio(2 * tp, 2 * tp + fp + fn),
        auc_roc=ranking.auc_roc,
        auc_pr=ranking.auc_pr,
        log_loss=sums["log_loss"] / rows,
        brier=sums["brier"] / rows,
        calibration_error=sum(gaps) / rows,
        test_rows=rows,
        majority_share=max(tp + fn, fp + tn) / rows,
        confusion={"tp": tp, "fp": fp, "fn": fn, "tn": tn},
        curves={"ranking": ranking.points, "calibration": calibration},
    )


def _bins(scored: DataFrame) -> list[Row]:
    """The sums of each of the equal-width bins of probability that has rows."""
    number = F.least(F.floor(F.col("probability") * BINS), F.lit(BINS - 1)).alias("bin")
    sums = scored.groupBy(number).agg(*binary_sums(), F.sum("probability").alias("probability"))
    return sorted(sums.collect())


def _calibration(bin_: Row) -> dict[str, Any]:
    """Rows, mean probability and share of positives."""
    positives = bin_["tp"] + bin_["fn"]
    rows = positives + bin_["fp"] + bin_["tn"]
    return {
        "bin": bin_["bin"],
        "rows": rows,
        "probability": bin_["probability"] / rows,
        "positive": positives / rows,
    }
