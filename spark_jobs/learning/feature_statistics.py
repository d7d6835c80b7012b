"""How features vary, and how much of the label each of them alone explains."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from pyspark.ml.stat import Summarizer
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from spark_jobs.aggregates import aggregate
from spark_jobs.columns import LABEL
from spark_jobs.contract import REGRESSION, Problem
from spark_jobs.learning.feature_blocks import FeatureBlock
from spark_jobs.learning.features import FEATURES
from spark_jobs.learning.local_rows import Matrix, Numbers

ROUNDING = 1e-12  # what rounding leaves of a constant's variance


@dataclass(frozen=True)
class FeatureStatistics:
    """Statistics of the vectors that a model learns from.

    By class of the label: the count of `rows`, the `means`, and the rows in which a feature is
    `present`, that is, not 0. A numeric label has one class, and `label_means` has its mean where
    a feature is 1, of features that are 0 or 1. `deviation` is that of each feature. `explained`
    is the share of the label's variance that a straight line on the feature explains; of classes
    it is the share of the feature's variance between the classes.
    """

    rows: Numbers
    means: Numbers
    present: Numbers
    deviation: Numbers
    explained: Numbers
    label_means: Numbers

    def most_explaining(self, block: FeatureBlock) -> tuple[int, float]:
        """Return the index in the block that alone explains most of the label, and its share.

        The categories of a column explain it together; terms by their presence, however often
        they occur and however long the text is. Shares are adjusted for chance.
        """
        explained = self.explained[block.indices]
        if block.hashed and len(self.rows) > 1:
            explained = self._explained_by_presence(block)
        index = block.start + int(np.argmax(explained))
        if block.kind != "categorical":
            return index, float(explained.max())
        counts = np.rint(self.means[:, block.indices] * self.rows[:, None])
        if len(self.rows) > 1:
            return index, _classes_explained_by_categories(counts)
        return index, self._number_explained_by_categories(block, counts[0])

    def _explained_by_presence(self, block: FeatureBlock) -> Numbers:
        present, rows = self.present[:, block.indices], self.rows.sum()
        share = present.sum(axis=0) / rows
        between = self.rows @ (present / self.rows[:, None] - share) ** 2
        explained = _share(between, rows * share * (1 - share), share)
        return _adjust(explained, rows, len(self.rows))

    def _number_explained_by_categories(self, block: FeatureBlock, counts: Numbers) -> float:
        """Return the share of the label's variance, which is 1, between the categories."""
        rows, used = float(counts.sum()), int((counts > 0).sum())
        between = float((counts * self.label_means[block.indices] ** 2).sum())
        return _adjust(np.array(between / (rows - 1)), rows, used).item()


def compute_feature_statistics(vectors: DataFrame, problem: Problem) -> FeatureStatistics:
    """Return the statistics of `features`, given `_label` as the model is fitted on it."""
    known = vectors.where(F.col(LABEL).isNotNull())
    if problem != REGRESSION:
        summaries = known.groupBy(LABEL).agg(_summary().alias("of")).select("of.*").collect()
        return _of_classes([_Moments.of_summary(each) for each in summaries])
    lowest, mean, deviation = aggregate(known, F.min(LABEL), F.avg(LABEL), F.stddev_samp(LABEL))
    lowest, scale = (lowest - mean) / deviation, F.lit(deviation)
    weight = (F.col(LABEL) - mean) / scale - lowest  # Summarizer accepts no weight below 0
    row = aggregate(
        known,
        _summary().alias("of"),
        Summarizer.mean(F.col(FEATURES), weight).alias("weighted"),
        F.sum(weight).alias("total"),
    )
    moments = _Moments.of_summary(row["of"])
    return _of_number(moments, lowest, row["total"], row["weighted"].toArray())


def statistics_of_matrix(features: Matrix, labels: Numbers, problem: Problem) -> FeatureStatistics:
    """Return the statistics of rows in memory, given their labels as a model is fitted on them."""
    if problem != REGRESSION:
        by_class = [features[np.flatnonzero(labels == each)] for each in np.unique(labels)]
        return _of_classes([_Moments.of_matrix(each) for each in by_class])
    labels = (labels - labels.mean()) / labels.std(ddof=1)
    lowest = float(labels.min())
    weights = labels - lowest
    total = float(weights.sum())
    moments = _Moments.of_matrix(features)
    weighted = np.asarray(features.T @ weights) / total if total else moments.mean
    return _of_number(moments, lowest, total, weighted)


@dataclass(frozen=True)
class _Moments:
    """Of some rows: their count, and the mean, the variance and the non-zero values of features."""

    rows: float
    mean: Numbers
    variance: Numbers
    present: Numbers

    @classmethod
    def of_summary(cls, summary: Any) -> Self:
        """Return the moments that Spark has computed."""
        mean, variance, present = (
            summary[name].toArray() for name in ("mean", "variance", "numNonZeros")
        )
        return cls(float(summary["count"]), mean, variance, present)

    @classmethod
    def of_matrix(cls, features: Matrix) -> Self:
        rows = len(features) if isinstance(features, np.ndarray) else features.shape[0]
        mean = np.asarray(features.mean(axis=0)).ravel()
        if isinstance(features, np.ndarray):
            variance = features.var(axis=0, ddof=1) if rows > 1 else np.zeros_like(mean)
            return cls(rows, mean, variance, np.count_nonzero(features, axis=0).astype(float))
        squares = np.asarray(features.multiply(features).sum(axis=0)).ravel()
        variance = np.maximum(squares - rows * mean**2, 0) / max(rows - 1, 1)
        return cls(rows, mean, variance, features.count_nonzero(axis=0).astype(float))


def _of_classes(moments: Sequence[_Moments]) -> FeatureStatistics:
    rows = np.array([each.rows for each in moments])
    means = np.array([each.mean for each in moments])
    within = np.sum([(each.rows - 1) * each.variance for each in moments], axis=0)
    mean = rows @ means / rows.sum()
    between = rows @ (means - mean) ** 2
    variance = (within + between) / max(rows.sum() - 1, 1)
    share = _share(between, within + between, mean)
    explained = _adjust(share, rows.sum(), len(rows))
    present = np.array([each.present for each in moments])
    return FeatureStatistics(rows, means, present, np.sqrt(variance), explained, np.empty(0))


def _of_number(
    moments: _Moments, lowest: float, total: float, weighted: Numbers
) -> FeatureStatistics:
    """Return the statistics where the label is a number.

    Args:
        moments: of all rows.
        lowest: of the labels, whose mean is 0 and whose variance is 1.
        total: the sum of what labels are above the lowest one.
        weighted: the means of the features, with this as weight.
    """
    rows, mean, variance = moments.rows, moments.mean, moments.variance
    covariance = total * (weighted - mean) / (rows - 1)
    explained = _adjust(_share(covariance**2, variance, mean), rows, 2)
    counts = mean * rows
    shifted = np.divide(weighted * total, counts, out=np.zeros_like(mean), where=counts > 0)
    label_means = np.where(counts > 0, shifted + lowest, 0.0)
    return FeatureStatistics(
        np.array([rows]),
        mean[None],
        moments.present[None],
        np.sqrt(variance),
        explained,
        label_means,
    )


def _summary() -> Column:
    metrics = ("count", "mean", "variance", "numNonZeros")
    return Summarizer.metrics(*metrics).summary(F.col(FEATURES))


def _share(part: Numbers, whole: Numbers, mean: Numbers) -> Numbers:
    varies = whole > ROUNDING * mean**2
    return np.divide(part, whole, out=np.zeros_like(part), where=varies)


def _adjust(share: Numbers, rows: float, parameters: int) -> Numbers:
    """Return the share without what that number of parameters explains by chance (adjusted R²)."""
    if rows <= parameters:
        return np.zeros_like(share)
    return np.clip(1 - (1 - share) * (rows - 1) / (rows - parameters), 0, 1)


def _classes_explained_by_categories(counts: Numbers) -> float:
    """Return how much better a row's class is guessed if its category is known.

    The guess is by the other rows of the category: 0 is no better than without the category, 1 is
    always right. A category of one row explains nothing.

    Args:
        counts: the rows of each category, by class.
    """
    rows, category_rows = counts.sum(), counts.sum(axis=0)
    by_chance = float(((counts.sum(axis=1) / rows) ** 2).sum())
    others = np.maximum(category_rows - 1, 1)
    right = (counts * (counts - 1)).sum(axis=0) / others
    right = np.where(category_rows == 1, by_chance, right)
    better = (right.sum() / rows - by_chance) / max(1 - by_chance, ROUNDING)
    return float(np.clip(better, 0, 1))


def most_explaining_feature(
    statistics: FeatureStatistics, blocks: Sequence[FeatureBlock]
) -> tuple[int, float]:
    """Return the index that alone explains most of the label, and its share."""
    return max(
        (statistics.most_explaining(block) for block in blocks), key=lambda feature: feature[1]
    )
