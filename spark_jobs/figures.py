"""Figures of a binary classification, from scored rows alone.

Formulas: Davis and Goadrich (2006) for the areas (average precision is the step-wise sum, not
the trapezoid), Brier (1950), Guo et al. (2017) for the expected calibration error. All are sums,
so that no row is ever collected.
"""

from itertools import accumulate
from typing import Any

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

THRESHOLD = 0.5
SMALLEST = 2**-52  # scikit-learn's clip: a probability of 0 would make the log loss infinite
BINS = 10
CURVE_POINTS = 200

NAMES = (
    *("accuracy", "f1", "precision", "recall", "auc_roc", "auc_pr", "log_loss", "brier"),
    *("calibration_error", "rmse", "mae", "r2", "test_rows"),
)


def binary_figures(scored: DataFrame) -> dict[str, Any]:
    """All of `NAMES` (null where it does not apply), `problem`, `confusion` and `curves`.

    Args:
        scored: `label` (0 or 1) and `probability` of 1, at least one row of each label.
    """
    sums = scored.agg(*_sums()).first()
    assert sums is not None, "an aggregate without groups has one row"
    bins = _bins(scored)
    areas, points = _ranking(scored, sums["tp"] + sums["fn"], sums["fp"] + sums["tn"])
    tp, fp, fn, tn = (sums[name] for name in ("tp", "fp", "fn", "tn"))
    precision, recall = _ratio(tp, tp + fp), _ratio(tp, tp + fn)
    return {
        "problem": "binary",
        **dict.fromkeys(NAMES),
        "accuracy": (tp + tn) / sums["rows"],
        "precision": precision,
        "recall": recall,
        "f1": _ratio(2 * tp, 2 * tp + fp + fn),
        "log_loss": sums["log_loss"],
        "brier": sums["brier"],
        "calibration_error": sum(
            bin_["rows"] * abs(bin_["positive"] - bin_["probability"]) for bin_ in bins
        )
        / sums["rows"],
        "test_rows": sums["rows"],
        **areas,
        "confusion": {"tp": tp, "fp": fp, "fn": fn, "tn": tn},
        "curves": {"ranking": points, "calibration": bins},
    }


def _sums() -> list[Column]:
    positive, hit = F.col("label") == 1, F.col("probability") >= THRESHOLD
    of_label = F.when(positive, F.col("probability")).otherwise(1 - F.col("probability"))
    return [
        F.count(F.lit(1)).alias("rows"),
        F.count_if(positive & hit).alias("tp"),
        F.count_if(~positive & hit).alias("fp"),
        F.count_if(positive & ~hit).alias("fn"),
        F.count_if(~positive & ~hit).alias("tn"),
        F.avg(-F.log(F.greatest(of_label, F.lit(SMALLEST)))).alias("log_loss"),
        F.avg((F.col("probability") - F.col("label")) ** 2).alias("brier"),
    ]


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


def _ranking(
    scored: DataFrame, positives: int, negatives: int
) -> tuple[dict[str, float], list[dict[str, float]]]:
    """Areas under the ROC and the precision-recall curve, and some points of both.

    Rows of one score are one step of the ranking, whichever order they stand in.
    """
    parts, steps = _cumulated(
        scored.groupBy("probability").agg(
            F.sum("label").alias("tp"), F.sum(1 - F.col("label")).alias("fp")
        )
    )
    above = F.col("all_tp") - F.col("tp") / 2
    precision = F.col("all_tp") / (F.col("all_tp") + F.col("all_fp"))
    areas = steps.agg(F.sum(F.col("fp") * above), F.sum(F.col("tp") * precision)).first()
    assert areas is not None, "an aggregate without groups has one row"
    every = F.floor((F.col("all_tp") + F.col("all_fp")) * CURVE_POINTS / (positives + negatives))
    points = (
        steps.groupBy(every.alias("step"))
        .agg(F.max("all_tp").alias("tp"), F.max("all_fp").alias("fp"))
        .orderBy("step")
        .collect()
    )
    parts.unpersist()
    return (
        {"auc_roc": areas[0] / (positives * negatives), "auc_pr": areas[1] / positives},
        [
            {
                "false_positive_rate": point["fp"] / negatives,
                "recall": point["tp"] / positives,
                "precision": point["tp"] / (point["tp"] + point["fp"]),
            }
            for point in points
        ],
    )


def _cumulated(by_score: DataFrame) -> tuple[DataFrame, DataFrame]:
    """The persisted scores, and the same with `all_tp` and `all_fp`.

    These are the sums over this score and all higher ones.

    Each part of the sorted scores is cumulated by itself, then moved by the sums of the parts
    before it, so that the whole ranking is never in one task.
    """
    downward = F.desc("probability")
    parts = by_score.sort(downward).withColumn("part", F.spark_partition_id()).persist()
    within = Window.partitionBy("part").orderBy(downward)
    totals = parts.groupBy("part").agg(F.sum("tp"), F.sum("fp")).orderBy("part").collect()
    before: dict[str, Column] = {}
    for index, name in enumerate(("tp", "fp"), start=1):
        sums = accumulate((total[index] for total in totals), initial=0)
        pairs = [F.lit(v) for total, s in zip(totals, sums, strict=False) for v in (total[0], s)]
        before[name] = F.create_map(*pairs)[F.col("part")]
    return parts, parts.withColumns(
        {f"all_{name}": F.sum(name).over(within) + moved for name, moved in before.items()}
    )


def _ratio(part: int, whole: int) -> float:
    """0 where nothing was predicted or nothing was there, as scikit-learn has it."""
    return part / whole if whole else 0.0
