"""Figures of a binary classification.

Formulas: Davis and Goadrich (2006) for the areas under the curves, Brier (1950), Guo et al. (2017)
for the expected calibration error.
"""

from collections import Counter

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from spark_jobs.evaluation.figures import BinaryFigures, CalibrationBin
from spark_jobs.evaluation.ranking import ranked, trace_curves
from spark_jobs.evaluation.scores import binary_sums

BINS = 10


def binary_figures(scored: DataFrame) -> BinaryFigures:
    """Return the figures of rows with a `label`, 0 or 1, and the `probability` of 1.

    There must be at least one row of each label.
    """
    bins = _bins(scored)
    sums = Counter[str]()
    for bin_ in bins:
        sums.update(bin_.asDict())
    tp, fp, fn, tn = (int(sums[name]) for name in ("tp", "fp", "fn", "tn"))
    rows = tp + fp + fn + tn
    calibration = [_calibration(bin_) for bin_ in bins]
    with ranked(scored) as steps:
        ranking = trace_curves(steps, tp + fn, fp + tn)
    gaps = (each["rows"] * abs(each["positive"] - each["probability"]) for each in calibration)
    return {
        "problem": "binary",
        "accuracy": (tp + tn) / rows,
        "precision": _ratio(tp, tp + fp),
        "recall": _ratio(tp, tp + fn),
        "f1": _ratio(2 * tp, 2 * tp + fp + fn),
        "auc_roc": ranking.auc_roc,
        "auc_pr": ranking.auc_pr,
        **ranking.precision_at_recall,
        "log_loss": sums["log_loss"] / rows,
        "brier": sums["brier"] / rows,
        "calibration_error": sum(gaps) / rows,
        "rmse": None,
        "mae": None,
        "r2": None,
        "test_rows": rows,
        "majority_share": max(tp + fn, fp + tn) / rows,
        "confusion": {"tp": tp, "fp": fp, "fn": fn, "tn": tn},
        "curves": {"ranking": ranking.points, "calibration": calibration},
    }


def _bins(scored: DataFrame) -> list[Row]:
    """Return the sums of each equal-width bin of probability that has rows."""
    number = F.least(F.floor(F.col("probability") * BINS), F.lit(BINS - 1)).alias("bin")
    sums = scored.groupBy(number).agg(*binary_sums(), F.sum("probability").alias("probability"))
    return sorted(sums.collect())


def _calibration(bin_: Row) -> CalibrationBin:
    positives = bin_["tp"] + bin_["fn"]
    rows = positives + bin_["fp"] + bin_["tn"]
    return {
        "bin": bin_["bin"],
        "rows": rows,
        "probability": bin_["probability"] / rows,
        "positive": positives / rows,
    }


def _ratio(part: float, whole: float) -> float:
    """Return 0 for 0 / 0, as scikit-learn does where nothing was predicted or present."""
    return part / whole if whole else 0.0
