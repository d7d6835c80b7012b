"""The ROC and the precision-recall curve, and the areas under them.

Average precision is the step-wise sum, not the trapezoid (Davis and Goadrich, 2006).
"""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate

from pyspark.sql import Column, DataFrame, Row, Window
from pyspark.sql import functions as F

from spark_jobs.evaluation.figures import PrecisionAtRecall, RankingPoint

CURVE_POINTS = 200


@dataclass(frozen=True)
class Ranking:
    """The areas under the ROC and the precision-recall curve, and some points of both.

    `precision_at_recall` is taken from all points.
    """

    auc_roc: float
    auc_pr: float
    points: list[RankingPoint]
    precision_at_recall: PrecisionAtRecall


@dataclass(frozen=True)
class Steps:
    """The steps of a ranking, as `ranked` describes them, and the rows of either label."""

    rows: DataFrame
    positives: int
    negatives: int


@contextmanager
def ranked(scored: DataFrame) -> Generator[Steps]:
    """Return each `probability`, with the rows of either label at it and from it upward.

    The former are `tp` and `fp`, the latter `all_tp` and `all_fp`. Rows of equal probability are
    one step of the ranking.

    Each partition of the sorted probabilities is cumulated by itself and then shifted by the sums
    of the partitions before it, so that no task has the whole ranking.
    """
    by_score = scored.groupBy("probability").agg(
        F.sum("label").alias("tp"), F.sum(1 - F.col("label")).alias("fp")
    )
    downward = F.desc("probability")
    parts = by_score.sort(downward).withColumn("part", F.spark_partition_id()).persist()
    try:
        totals = parts.groupBy("part").agg(F.sum("tp"), F.sum("fp")).orderBy("part").collect()
        within = Window.partitionBy("part").orderBy(downward)
        offsets = _sums_before(totals)
        steps = parts.withColumns(
            {f"all_{name}": F.sum(name).over(within) + offset for name, offset in offsets.items()}
        )
        yield Steps(steps, sum(total[1] for total in totals), sum(total[2] for total in totals))
    finally:
        parts.unpersist()


def _sums_before(totals: Sequence[Row]) -> dict[str, Column]:
    """Return the sums of `tp` and `fp` over the partitions before a row's partition.

    Args:
        totals: number, `tp` and `fp` of each partition, in order.
    """
    before: dict[str, Column] = {}
    for index, name in enumerate(("tp", "fp"), start=1):
        sums = accumulate((total[index] for total in totals), initial=0)
        pairs = [F.lit(v) for total, s in zip(totals, sums, strict=False) for v in (total[0], s)]
        before[name] = F.create_map(*pairs)[F.col("part")]
    return before


def trace_curves(steps: Steps) -> Ranking:
    """Return the curves from the highest probability down and the areas under them, in one pass.

    There must be at least one row of each label.
    """
    positives, negatives = steps.positives, steps.negatives
    above = F.col("all_tp") - F.col("tp") / 2
    precision = F.col("all_tp") / (F.col("all_tp") + F.col("all_fp"))
    step = F.floor((F.col("all_tp") + F.col("all_fp")) * CURVE_POINTS / (positives + negatives))
    points = (
        steps.rows.groupBy(step.alias("step"))
        .agg(
            F.max("all_tp").alias("tp"),
            F.max("all_fp").alias("fp"),
            F.min("probability").alias("threshold"),
            F.sum(F.col("fp") * above).alias("roc"),
            F.sum(F.col("tp") * precision).alias("pr"),
            *(_precision_at_recall(percent, precision, positives) for percent in (50, 80, 90)),
        )
        .collect()
    )

    def best(name: str) -> float:
        # the last point has a recall of 1
        return max(point[name] for point in points if point[name] is not None)

    return Ranking(
        sum(point["roc"] for point in points) / (positives * negatives),
        sum(point["pr"] for point in points) / positives,
        [
            {
                "false_positive_rate": point["fp"] / negatives,
                "recall": point["tp"] / positives,
                "precision": point["tp"] / (point["tp"] + point["fp"]),
                "threshold": point["threshold"],
            }
            for point in sorted(points)
        ],
        {
            "precision_at_recall_50": best("precision_at_recall_50"),
            "precision_at_recall_80": best("precision_at_recall_80"),
            "precision_at_recall_90": best("precision_at_recall_90"),
        },
    )


def _precision_at_recall(percent: int, precision: Column, positives: int) -> Column:
    is_reached = F.col("all_tp") * 100 >= percent * positives
    return F.max(F.when(is_reached, precision)).alias(f"precision_at_recall_{percent}")
