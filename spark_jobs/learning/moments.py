"""How the features spread, and how much each of them alone tells of the label."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pyspark.ml.stat import Summarizer
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from spark_jobs.learning.features import FEATURES
from spark_jobs.learning.slots import CATEGORICAL, Block
from spark_jobs.names import LABEL
from spark_jobs.problem import REGRESSION

Numbers = npt.NDArray[np.float64]
ROUNDING = 1e-12  # what is left of a constant's variance


@dataclass(frozen=True)
class Moments:
    """What one pass over the training side's vectors tells.

    By class of the label, `rows` are counted, `means` taken, and rows counted in which a feature is
    `present`, that is not 0. Of a number there is one class, and `label_means` has the label's
    mean where a feature is 1, for features that are 0 or 1. `deviation` is that of each feature,
    `told` the share of the label's variance that each explains by a straight line, or of its own
    that lies between the classes.
    """

    rows: Numbers
    means: Numbers
    present: Numbers
    deviation: Numbers
    told: Numbers
    label_means: Numbers

    def alone(self, block: Block) -> tuple[int, float]:
        """The place of the block that tells most of the label by itself, and what share of it.

        The categories of a column tell it together, and terms by being there or not, however
        often, in a text of whatever length. Shares allow for what chance would tell.
        """
        told = self.told[block.places]
        if block.hashed and len(self.rows) > 1:
            told = self._told_by_presence(block)
        place = block.start + int(np.argmax(told))
        if block.kind != CATEGORICAL:
            return place, float(told.max())
        counts = np.rint(self.means[:, block.places] * self.rows[:, None])
        if len(self.rows) > 1:
            return place, _told_by_categories(counts)
        return place, self._explained(block, counts[0])

    def _told_by_presence(self, block: Block) -> Numbers:
        present, rows = self.present[:, block.places], self.rows.sum()
        share = present.sum(axis=0) / rows
        between = self.rows @ (present / self.rows[:, None] - share) ** 2
        told = _share(between, rows * share * (1 - share), share)
        return _adjusted(told, rows, len(self.rows))

    def _explained(self, block: Block, counts: Numbers) -> float:
        """The share of a number's variance, which is 1, that lies between the categories."""
        rows, used = float(counts.sum()), int((counts > 0).sum())
        between = float((counts * self.label_means[block.places] ** 2).sum())
        return _adjusted(np.array(between / (rows - 1)), rows, used).item()


def moments_of(train: DataFrame, problem: str) -> Moments:
    """The moments of `features`, given `_label` as it is fitted on."""
    return _of_number(train) if problem == REGRESSION else _of_classes(train)


def _of_classes(train: DataFrame) -> Moments:
    found = train.groupBy(LABEL).agg(_spread().alias("of")).select("of.*").collect()
    rows = np.array([row["count"] for row in found], float)
    means = np.array([row["mean"].toArray() for row in found])
    within = np.sum([(row["count"] - 1) * row["variance"].toArray() for row in found], axis=0)
    middle = rows @ means / rows.sum()
    between = rows @ (means - middle) ** 2
    variance = (within + between) / max(rows.sum() - 1, 1)
    share = _share(between, within + between, middle)
    told = _adjusted(share, rows.sum(), len(rows))
    present = np.array([row["numNonZeros"].toArray() for row in found])
    return Moments(rows, means, present, np.sqrt(variance), told, np.empty(0))


def _of_number(train: DataFrame) -> Moments:
    lowest = train.agg(F.min(LABEL)).first()
    assert lowest is not None, "an aggregate has a row"
    weight = F.col(LABEL) - lowest[0]  # Summarizer takes no weight below 0
    found = train.agg(
        _spread().alias("of"),
        Summarizer.mean(F.col(FEATURES), weight).alias("weighted"),
        F.sum(weight).alias("total"),
    ).first()
    assert found is not None, "an aggregate has a row"
    rows, total, weighted = float(found["of"]["count"]), found["total"], found["weighted"].toArray()
    mean, variance = found["of"]["mean"].toArray(), found["of"]["variance"].toArray()
    covariance = total * (weighted - mean) / (rows - 1)  # the label's mean is 0, its variance 1
    told = _adjusted(_share(covariance**2, variance, mean), rows, 2)
    counts = mean * rows
    middle = np.divide(weighted * total, counts, out=np.zeros_like(mean), where=counts > 0)
    label_means = np.where(counts > 0, middle + lowest[0], 0.0)
    present = found["of"]["numNonZeros"].toArray()
    return Moments(
        np.array([rows]), mean[None], present[None], np.sqrt(variance), told, label_means
    )


def _spread() -> Column:
    wanted = ("count", "mean", "variance", "numNonZeros")
    return Summarizer.metrics(*wanted).summary(F.col(FEATURES))


def _share(part: Numbers, whole: Numbers, mean: Numbers) -> Numbers:
    varies = whole > ROUNDING * mean**2
    return np.divide(part, whole, out=np.zeros_like(part), where=varies)


def _adjusted(share: Numbers, rows: float, parameters: int) -> Numbers:
    """The share without what as many parameters explain by chance."""
    if rows <= parameters:
        return np.zeros_like(share)
    return np.clip(1 - (1 - share) * (rows - 1) / (rows - parameters), 0, 1)


def _told_by_categories(counts: Numbers) -> float:
    """How much better a row's class is guessed from the other rows of its category than without.

    0 is no better, 1 is always right. A category of one row tells nothing.

    Args:
        counts: of each class, the rows of each category.
    """
    rows, of_category = counts.sum(), counts.sum(axis=0)
    by_chance = float(((counts.sum(axis=1) / rows) ** 2).sum())
    others = np.maximum(of_category - 1, 1)
    right = (counts * (counts - 1)).sum(axis=0) / others
    right = np.where(of_category == 1, by_chance, right)
    better = (right.sum() / rows - by_chance) / max(1 - by_chance, ROUNDING)
    return float(np.clip(better, 0, 1))


def strongest_alone(moments: Moments, blocks: Sequence[Block]) -> tuple[int, float]:
    """The place that tells most of the label by itself, and what share of it."""
    return max((moments.alone(block) for block in blocks), key=lambda found: found[1])
