"""Figures of a binary classification.

Formulas: Davis and Goadrich (2006) for the areas under the curves, Brier (1950), Guo et al. (2017)
for the expected calibration error.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from math import inf

import numpy as np
from pyspark.ml.feature import Bucketizer
from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from spark_jobs.evaluation.bootstrap import (
    INTERVAL_GROUPS,
    Interval,
    Numbers,
    interval,
    ratio,
    resampled_sums,
    row_group,
    share_interval,
)
from spark_jobs.evaluation.figures import BinaryFigures, CalibrationBin
from spark_jobs.evaluation.ranking import Ranking, ranked, trace_curves
from spark_jobs.evaluation.scores import binary_sums, is_positive

BINS = 10
STEPS = 50  # of the ranking, whose areas are resampled
SUMS = ("tp", "fp", "fn", "tn", "log_loss", "brier")


def binary_figures(scored: DataFrame) -> BinaryFigures:
    """Return the figures of rows with an id, a `label`, 0 or 1, and the `probability` of 1.

    There must be at least one row of each label.
    """
    with ranked(scored) as steps:
        ranking = trace_curves(steps)
    cells = _cells(scored, ranking)
    sums = _totals(cells)
    tp, fp, fn, tn = (int(sums[name]) for name in ("tp", "fp", "fn", "tn"))
    rows = tp + fp + fn + tn
    by_bin = {
        bin_: _totals([cell for cell in cells if cell["bin"] == bin_]) for bin_ in range(BINS)
    }
    calibration = [_calibration(bin_, total) for bin_, total in by_bin.items() if total]
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
        "intervals": _intervals(cells, ranking),
    }


def _cells(scored: DataFrame, ranking: Ranking) -> list[Row]:
    """Return sums of rows by group, equal-width bin of probability, and `step` of the ranking."""
    equal_width = F.least(F.floor(F.col("probability") * BINS), F.lit(BINS - 1))
    return (
        _with_step(scored, ranking)
        .groupBy(row_group(INTERVAL_GROUPS).alias("group"), equal_width.alias("bin"), "step")
        .agg(*binary_sums(is_positive(scored)), F.sum("probability").alias("probability"))
        .sort("group", "bin", "step")
        .collect()
    )


def _with_step(scored: DataFrame, ranking: Ranking) -> DataFrame:
    thresholds = sorted(point["threshold"] for point in ranking.points if "threshold" in point)
    inner = thresholds[1 :: -(-len(thresholds) // STEPS)]
    if not inner:
        return scored.withColumn("step", F.lit(0.0))
    splits = [-inf, *inner, inf]
    return Bucketizer(splits=splits, inputCol="probability", outputCol="step").transform(scored)


def _totals(cells: Sequence[Row]) -> Counter[str]:
    totals = Counter[str]()
    for cell in cells:
        totals.update({name: cell[name] for name in (*SUMS, "probability")})
    return totals


def _calibration(bin_: int, totals: Mapping[str, float]) -> CalibrationBin:
    positives = int(totals["tp"] + totals["fn"])
    rows = positives + int(totals["fp"] + totals["tn"])
    return {
        "bin": bin_,
        "rows": rows,
        "probability": totals["probability"] / rows,
        "positive": positives / rows,
    }


def _intervals(cells: Sequence[Row], ranking: Ranking) -> dict[str, Interval]:
    """Return the interval of each figure that has one, from groups of rows."""
    groups = {group: index for index, group in enumerate(sorted({c["group"] for c in cells}))}
    steps = int(max(cell["step"] for cell in cells)) + 1
    sums = np.zeros((len(groups), len(SUMS) + 2 * steps))
    for cell in cells:
        row, step = sums[groups[cell["group"]]], len(SUMS) + int(cell["step"])
        row[: len(SUMS)] += [cell[name] for name in SUMS]
        row[step] += cell["tp"] + cell["fn"]
        row[step + steps] += cell["fp"] + cell["tn"]
    totals, drawn = sums.sum(axis=0), resampled_sums(sums)
    tp, fp, fn, tn, log_loss, brier = drawn[:, : len(SUMS)].T
    all_tp, all_fp, all_fn, all_tn = (int(each) for each in totals[:4])
    all_rows, rows = all_tp + all_fp + all_fn + all_tn, tp + fp + fn + tn
    accuracy = (all_tp + all_tn) / all_rows
    intervals = {
        "accuracy": share_interval(accuracy, all_rows, (tp + tn) / rows),
        "precision": share_interval(
            _ratio(all_tp, all_tp + all_fp), all_tp + all_fp, ratio(tp, tp + fp)
        ),
        "recall": share_interval(
            _ratio(all_tp, all_tp + all_fn), all_tp + all_fn, ratio(tp, tp + fn)
        ),
        "f1": interval(ratio(2 * tp, 2 * tp + fp + fn)),
        "log_loss": interval(log_loss / rows),
        "brier": interval(brier / rows),
    }
    # binned scores have slightly other areas, so only how they vary is taken from them
    exact = np.array([ranking.auc_roc, ranking.auc_pr])
    binned = exact + _areas(drawn[:, len(SUMS) :]) - _areas(totals[None, len(SUMS) :])
    for name, area in zip(("auc_roc", "auc_pr"), np.clip(binned, 0, 1).T, strict=True):
        intervals[name] = interval(area)
    return {name: ends for name, ends in intervals.items() if ends}


def _areas(counts: Numbers) -> Numbers:
    """Return the areas under the ROC and the precision-recall curve, a row for each of `counts`.

    Args:
        counts: positive rows of each step from the lowest score up, then negative ones.
    """
    downward = counts[:, ::-1]
    steps = counts.shape[1] // 2
    negatives, positives = downward[:, :steps], downward[:, steps:]
    found, alarms = positives.cumsum(axis=1), negatives.cumsum(axis=1)
    all_positives, all_negatives = positives.sum(axis=1), negatives.sum(axis=1)
    roc = (negatives * (found - positives / 2)).sum(axis=1)
    precision = np.nan_to_num(ratio(found, found + alarms))
    pr = (positives * precision).sum(axis=1)
    return np.column_stack([ratio(roc, all_positives * all_negatives), ratio(pr, all_positives)])


def _ratio(part: float, whole: float) -> float:
    """Return 0 for 0 / 0, as scikit-learn does where nothing was predicted or present."""
    return part / whole if whole else 0.0
