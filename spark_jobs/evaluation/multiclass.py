"""Figures of a classification of several classes.

Precision, recall and F1 are means over the classes that are a label or a prediction of some row,
each class weighing the same.
"""

from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from spark_jobs.evaluation import named
from spark_jobs.evaluation.scores import multiclass_scores

SHOWN_CLASSES = 30


def multiclass_figures(scored: DataFrame) -> dict[str, Any]:
    """All of `figures.NAMES`, `problem`, `majority_share` and `confusion`.

    The confusion has `labels`, the most frequent classes, and `rows`: one for each of them as the
    label, with a count for each of them as the prediction. `majority_share` is the share of the
    rows that have the most frequent one.

    Args:
        scored: `label`, `predicted` (both text) and `label_probability`, at least one row.
    """
    classes = _by_class(scored).persist()
    means = classes.agg(
        F.sum("rows").alias("test_rows"),
        F.avg(_ratio(F.col("hits"), F.col("predicted"))).alias("precision"),
        F.avg(_ratio(F.col("hits"), F.col("rows"))).alias("recall"),
        (F.max("rows") / F.sum("rows")).alias("majority_share"),
        F.avg(2 * F.col("hits") / (F.col("predicted") + F.col("rows"))).alias("f1"),
    ).first()
    assert means is not None, "an aggregate without groups has one row"
    frequent = classes.orderBy(F.desc("rows"), "class").limit(SHOWN_CLASSES).collect()
    classes.unpersist()
    shown = sorted(row["class"] for row in frequent)
    return named(
        "multiclass",
        **multiclass_scores(scored),
        **means.asDict(),
        confusion={"labels": shown, "rows": _confusion(scored, shown)},
    )


def _by_class(scored: DataFrame) -> DataFrame:
    """Of each class the rows that have it as label, as prediction, and as both."""
    hit = (F.col("label") == F.col("predicted")).cast("int")
    one, none = F.lit(1), F.lit(0)
    sides = F.array(
        F.struct(F.col("label").alias("class"), *_counts(one, none, hit)),
        F.struct(F.col("predicted").alias("class"), *_counts(none, one, none)),
    )
    return (
        scored.select(F.inline(sides))
        .groupBy("class")
        .agg(*(F.sum(name).alias(name) for name in ("rows", "predicted", "hits")))
    )


def _counts(rows: Column, predicted: Column, hits: Column) -> list[Column]:
    return [rows.alias("rows"), predicted.alias("predicted"), hits.alias("hits")]


def _ratio(part: Column, whole: Column) -> Column:
    return F.when(whole > 0, part / whole).otherwise(0.0)


def _confusion(scored: DataFrame, shown: list[str]) -> list[list[int]]:
    among = F.col("label").isin(shown) & F.col("predicted").isin(shown)
    pairs = scored.where(among).groupBy("label", "predicted").count().collect()
    counts = {(row["label"], row["predicted"]): row["count"] for row in pairs}
    return [[counts.get((label, predicted), 0) for predicted in shown] for label in shown]
