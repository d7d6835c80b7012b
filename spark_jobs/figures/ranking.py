"""Rows by falling score: the areas under the curves, and the curves.

Average precision is the step-wise sum, not the trapezoid (Davis and Goadrich, 2006).
"""

from collections.abc import Generator
from contextlib import contextmanager
from itertools import accumulate

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

CURVE_POINTS = 200


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
    within = Window.partitionBy("part").orderBy(downward)
    totals = parts.groupBy("part").agg(F.sum("tp"), F.sum("fp")).orderBy("part").collect()
    before: dict[str, Column] = {}
    for index, name in enumerate(("tp", "fp"), start=1):
        sums = accumulate((total[index] for total in totals), initial=0)
        pairs = [F.lit(v) for total, s in zip(totals, sums, strict=False) for v in (total[0], s)]
        before[name] = F.create_map(*pairs)[F.col("part")]
    try:
        yield parts.withColumns(
            {f"all_{name}": F.sum(name).over(within) + moved for name, moved in before.items()}
        )
    finally:
        parts.unpersist()


def areas(steps: DataFrame, positives: int, negatives: int) -> tuple[float, float]:
    """The areas under the ROC and the precision-recall curve."""
    above = F.col("all_tp") - F.col("tp") / 2
    precision = F.col("all_tp") / (F.col("all_tp") + F.col("all_fp"))
    found = steps.agg(F.sum(F.col("fp") * above), F.sum(F.col("tp") * precision)).first()
    assert found is not None, "an aggregate without groups has one row"
    return found[0] / (positives * negatives), found[1] / positives


def curve(steps: DataFrame, positives: int, negatives: int) -> list[dict[str, float]]:
    """Some points of both curves, from the highest score down."""
    every = F.floor((F.col("all_tp") + F.col("all_fp")) * CURVE_POINTS / (positives + negatives))
    points = (
        steps.groupBy(every.alias("step"))
        .agg(F.max("all_tp").alias("tp"), F.max("all_fp").alias("fp"))
        .orderBy("step")
        .collect()
    )
    return [
        {
            "false_positive_rate": point["fp"] / negatives,
            "recall": point["tp"] / positives,
            "precision": point["tp"] / (point["tp"] + point["fp"]),
        }
        for point in points
    ]
