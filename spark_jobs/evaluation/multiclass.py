"""Figures of a classification of several classes.

Precision, recall and F1 are unweighted means over the classes that are the label or the
prediction of some row.
"""

import numpy as np
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from spark_jobs.aggregates import aggregate
from spark_jobs.contract import MULTICLASS
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
from spark_jobs.evaluation.figures import MulticlassFigures
from spark_jobs.evaluation.scores import multiclass_scores, row_loss

SHOWN_CLASSES = 30  # the most frequent ones, in the confusion
COUNTS = ("rows", "predicted", "hits")
RESAMPLED_CLASSES = 50  # with more, only accuracy and log loss get an interval


def multiclass_figures(scored: DataFrame) -> MulticlassFigures:
    """Return the figures of rows with id, `label` and `predicted`, text, and `label_probability`.

    There must be at least one row.
    """
    groups = _by_class_and_group(scored).persist()
    classes = groups.groupBy("class").agg(*_sums(*COUNTS))
    means = aggregate(
        classes,
        F.count(F.lit(1)).alias("classes"),
        F.sum("rows").alias("test_rows"),
        F.avg(_ratio(F.col("hits"), F.col("predicted"))).alias("precision"),
        F.avg(_ratio(F.col("hits"), F.col("rows"))).alias("recall"),
        (F.max("rows") / F.sum("rows")).alias("majority_share"),
        F.avg(2 * F.col("hits") / (F.col("predicted") + F.col("rows"))).alias("f1"),
    )
    frequent = classes.orderBy(F.desc("rows"), "class").limit(SHOWN_CLASSES).collect()
    intervals = _intervals(groups, means["classes"])
    groups.unpersist()
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
        "intervals": intervals,
    }


def _by_class_and_group(scored: DataFrame) -> DataFrame:
    """Return how many rows of a group have each class as label, as prediction, and as both.

    The `log_loss` is the sum over the rows whose label is the class.
    """
    hit = (F.col("label") == F.col("predicted")).cast("int")
    one, zero, nothing = F.lit(1), F.lit(0), F.lit(0.0)
    loss = row_loss(MULTICLASS)
    entries = F.array(
        F.struct(F.col("label").alias("class"), *_named(one, zero, hit, loss)),
        F.struct(F.col("predicted").alias("class"), *_named(zero, one, zero, nothing)),
    )
    return (
        scored.select(row_group(INTERVAL_GROUPS).alias("group"), F.inline(entries))
        .groupBy("class", "group")
        .agg(*_sums(*COUNTS, "log_loss"))
    )


def _named(*values: Column) -> list[Column]:
    names = (*COUNTS, "log_loss")
    return [value.alias(name) for name, value in zip(names, values, strict=True)]


def _sums(*names: str) -> list[Column]:
    return [F.sum(name).alias(name) for name in names]


def _intervals(groups: DataFrame, classes: int) -> dict[str, Interval]:
    by_group = groups.groupBy("group").agg(*_sums("rows", "hits", "log_loss")).sort("group")
    sums = np.array(by_group.select("rows", "hits", "log_loss").collect(), dtype=float)
    rows, hits, log_loss = resampled_sums(sums).T
    all_rows, all_hits, _ = sums.sum(axis=0)
    found = {
        "accuracy": share_interval(all_hits / all_rows, int(all_rows), hits / rows),
        "log_loss": interval(log_loss / rows),
    }
    if classes <= RESAMPLED_CLASSES:
        found |= _macro_intervals(groups)
    return {name: ends for name, ends in found.items() if ends}


def _macro_intervals(groups: DataFrame) -> dict[str, Interval | None]:
    """Return the intervals of the means over classes; a class missing from a resample has none."""
    cells = groups.sort("group", "class").collect()
    numbers = {group: index for index, group in enumerate(sorted({c["group"] for c in cells}))}
    classes = {class_: index for index, class_ in enumerate(sorted({c["class"] for c in cells}))}
    sums = np.zeros((len(numbers), len(COUNTS), len(classes)))
    for cell in cells:
        at = numbers[cell["group"]], slice(None), classes[cell["class"]]
        sums[at] = [cell[name] for name in COUNTS]
    drawn = resampled_sums(sums.reshape(len(numbers), -1)).reshape(-1, *sums.shape[1:])
    rows, predicted, hits = drawn.transpose(1, 0, 2)
    present = np.where(rows + predicted > 0, 1.0, np.nan)

    def mean(part: Numbers, whole: Numbers) -> Numbers:
        return np.nanmean(np.nan_to_num(ratio(part, whole)) * present, axis=1)

    return {
        "precision": interval(mean(hits, predicted)),
        "recall": interval(mean(hits, rows)),
        "f1": interval(mean(2 * hits, predicted + rows)),
    }


def _ratio(part: Column, whole: Column) -> Column:
    return F.when(whole > 0, part / whole).otherwise(0.0)


def _confusion(scored: DataFrame, labels: list[str]) -> list[list[int]]:
    both_shown = F.col("label").isin(labels) & F.col("predicted").isin(labels)
    pairs = scored.where(both_shown).groupBy("label", "predicted").count().collect()
    counts = {(row["label"], row["predicted"]): row["count"] for row in pairs}
    return [[counts.get((label, predicted), 0) for predicted in labels] for label in labels]
