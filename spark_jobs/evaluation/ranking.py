"""Rows by falling score: the areas under the curves, and the curves.

Average precision is the step-wise sum, not the trapezoid (Davis and Goadrich, 2006).
"""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

CURVE_POINTS = 200


@dataclass(frozen=True)
class Ranking:
    """The areas under the ROC and the precision-recall curve, and some points of both."""

    auc_roc: float
    auc_pr: float
    points: list[dict[str, float]]


@contextmanager
def ranked(scored: DataFrame) -> Generator[DataFrame]:
    """`probability`, and rows of either label at it (`tp`, `fp`) and from it up (`all_tp`, …).

    Rows of one score are one step of the ranking, whichever order they stand in.

    Each part of the sorted scores is cumulated by itself, then moved by the sums of the parts
    before it, so that the whole ranking is never in one task.
    """
    by_score = scored.groupBy("probability").agg(
        F.sum("label").alias("tp"), F.sum(1 - F.col("label")).alias("fp")
    )
    downward = F.desc("probability")
    parts = by_score.sort(downward).withColumn("part", F.spark_partition_id()).persist()
    try:
        moved = _sums_before(parts)
        within = Window.partitionBy("part").orderBy(downward)
        yield parts.withColumns(
            {f"all_{name}": F.sum(name).over(within) + before for name, before in moved.items()}
        )
    finally:
        parts.unpersist()


def _sums_before(parts: DataFrame) -> dict[str, Column]:
    """Of `tp` and `fp`, what the parts before a row's part come to."""
    totals = parts.groupBy("part").agg(F.sum("tp"), F.sum("fp")).orderBy("part").collect()
    before: dict[str, Column] = {}
    for index, name in enumerate(("tp", "fp"), start=1):
        sums = accumulate((total[index] for total in totals), initial=0)
        pairs = [F.lit(v) for total, s in zip(totals, sums, strict=False) for v in (total[0], s)]
        before[name] = F.create_map(*pairs)[F.col("part")]
    return before


def traced(steps: DataFrame, positives: int, negatives: int) -> Ranking:
    """The curves from the highest score down, and the areas under them, in one pass.

    Args:
        steps: of `ranked`.
        positives: rows of the label 1, at least one.
        negatives: rows of the label 0, at least one.
    """
    above = F.col("all_tp") - F.col("tp") / 2
    precision = F.col("all_tp") / (F.col("all_tp") + F.col("all_fp"))
    every = F.floor((F.col("all_tp") + F.col("all_fp")) * CURVE_POINTS / (positives + negatives))
    points = (
        steps.groupBy(every.alias("step"))
        .agg(
            F.max("all_tp").alias("tp"),
            F.max("all_fp").alias("fp"),
            F.sum(F.col("fp") * above).alias("roc"),
            F.sum(F.col("tp") * precision).alias("pr"),
        )
        .collect()
    )
    return Ranking(
        sum(point["roc"] for point in points) / (positives * negatives),
        sum(point["pr"] for point in points) / positives,
        [
            {
                "false_positive_rate": point["fp"] / negatives,
                "recall": point["tp"] / positives,
                "precision": point["tp"] / (point["tp"] + point["fp"]),
            }
            for point in sorted(points)
        ],
    )
