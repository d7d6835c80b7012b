"""Figures of a classification of several classes.

Precision, recall and F1 are unweighted means over the classes that are the label or the
prediction of some row.
"""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from spark_jobs.aggregates import aggregate
from spark_jobs.evaluation.figures import MulticlassFigures
from spark_jobs.evaluation.scores import multiclass_scores

SHOWN_CLASSES = 30  # the most frequent ones, in the confusion


def multiclass_figures(scored: DataFrame) -> MulticlassFigures:
    """Return the figures of rows with `label` and `predicted`, both text, and `label_probability`.

    There must be at least one row.
    """
    classes = _by_class(scored).persist()
    means = aggregate(
        classes,
        F.sum("rows").alias("test_rows"),
        F.avg(_ratio(F.col("hits"), F.col("predicted"))).alias("precision"),
        F.avg(_ratio(F.col("hits"), F.col("rows"))).alias("recall"),
        (F.max("rows") / F.sum("rows")).alias("majority_share"),
        F.avg(2 * F.col("hits") / (F.col("predicted") + F.col("rows"))).alias("f1"),
    )
    frequent = classes.orderBy(F.desc("rows"), "class").limit(SHOWN_CLASSES).collect()
    classes.unpersist()
    labels = sorted(row["class"] for row in frequent)
    return {
        "problem": "multiclass",
        **multiclass_scores(scored),
        "precision": means["precision"],
        "recall": means["recall"],
        "f1": means["f1"],
        "auc_roc": None,
        "auc_pr": None,
        "precision_at_recall_50": None,
        "precision_at_recall_80": None,
        "precision_at_recall_90": None,
        "brier": None,
        "calibration_error": None,
        "rmse": None,
        "mae": None,
        "r2": None,
        "test_rows": means["test_rows"],
        "majority_share": means["majority_share"],
        "confusion": {"labels": labels, "rows": _confusion(scored, labels)},
    }


def _by_class(scored: DataFrame) -> DataFrame:
    """Return how many rows have each class as label, as prediction, and as both."""
    hit = (F.col("label") == F.col("predicted")).cast("int")
    one, zero = F.lit(1), F.lit(0)
    entries = F.array(
        F.struct(F.col("label").alias("class"), *_counts(one, zero, hit)),
        F.struct(F.col("predicted").alias("class"), *_counts(zero, one, zero)),
    )
    return (
        scored.select(F.inline(entries))
        .groupBy("class")
        .agg(*(F.sum(name).alias(name) for name in ("rows", "predicted", "hits")))
    )


def _counts(rows: Column, predicted: Column, hits: Column) -> list[Column]:
    return [rows.alias("rows"), predicted.alias("predicted"), hits.alias("hits")]


def _ratio(part: Column, whole: Column) -> Column:
    return F.when(whole > 0, part / whole).otherwise(0.0)


def _confusion(scored: DataFrame, labels: list[str]) -> list[list[int]]:
    both_shown = F.col("label").isin(labels) & F.col("predicted").isin(labels)
    pairs = scored.where(both_shown).groupBy("label", "predicted").count().collect()
    counts = {(row["label"], row["predicted"]): row["count"] for row in pairs}
    return [[counts.get((label, predicted), 0) for predicted in labels] for label in labels]
