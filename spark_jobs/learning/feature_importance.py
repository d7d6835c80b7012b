"""Which features a model relies on, by name, and how much on a single one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from spark_jobs.learning.feature_blocks import FeatureBlock, block_at
from spark_jobs.learning.feature_statistics import (
    FeatureStatistics,
    Numbers,
    most_explaining_feature,
)
from spark_jobs.learning.figures import FeatureWeight, ImportanceFigures

FEATURES_PER_SIGN = 20
FEATURES_PER_CLASS = 5
SHOWN_CLASSES = 20

TermLookup = Callable[[Sequence[int]], Mapping[int, str]]


@dataclass(frozen=True)
class Weight:
    """The weight at an index of the vector, and the class that it is for, if there are several."""

    index: int
    value: float
    class_: str | None = None


@dataclass(frozen=True)
class FittedWeights:
    """A row of weights, or one for each of several classes; of trees, the `shares` of features."""

    values: Numbers
    intercepts: Numbers = field(default_factory=lambda: np.zeros(1))
    shares: bool = False

    @classmethod
    def of_model(cls, model: Any) -> Self:
        """Return the weights of a regression or of trees of MLlib."""
        if hasattr(model, "featureImportances"):
            return cls(model.featureImportances.toArray()[None], shares=True)
        if hasattr(model, "coefficientMatrix"):
            return cls(model.coefficientMatrix.toArray(), model.interceptVector.toArray())
        return cls(model.coefficients.toArray()[None], np.array([model.intercept]))


def importance_figures(
    fitted: FittedWeights,
    classes: Sequence[str],
    blocks: Sequence[FeatureBlock],
    statistics: FeatureStatistics,
    look_up_terms: TermLookup,
) -> ImportanceFigures:
    """Return the figures of a fitted model's features.

    The `strongest` are of each sign or for each class; of trees, they are those of greatest
    importance. For `share_of_strongest`, each weight is multiplied by the feature's deviation. A
    column is one feature, but each index of a text is one.

    Args:
        fitted: the weights of the model.
        classes: of a multiclass label.
        blocks: of the vectors.
        statistics: of the vectors.
        look_up_terms: returns the terms at indices of the vector.
    """
    weights = fitted.values
    if not (np.isfinite(weights).all() and np.isfinite(fitted.intercepts).all()):
        return {"finite": False, "strongest": []}
    strongest = strongest_weights(weights, classes)
    by_weight = np.abs(weights).sum(axis=0) * (1 if fitted.shares else statistics.deviation)
    heaviest, weight_share = _heaviest(by_weight, blocks)
    explaining, explained_share = most_explaining_feature(statistics, blocks)
    terms = look_up_terms([*{weight.index for weight in strongest}, heaviest, explaining])

    def name(index: int) -> str:
        return block_at(blocks, index).name(index, terms)

    def feature(index: int) -> str:
        block = block_at(blocks, index)
        return name(index) if block.kind == "text" else block.title

    return {
        "finite": True,
        "strongest": [_entry(weight, name(weight.index)) for weight in strongest],
        "share_of_strongest": {"feature": feature(heaviest), "share": weight_share},
        "explains_most": {"feature": feature(explaining), "share": explained_share},
        "weighed_features": _count(by_weight, blocks),
    }


def strongest_weights(weights: Numbers, classes: Sequence[str]) -> list[Weight]:
    """Return the greatest weights, in descending order: of both signs, or for each class."""
    if not classes or len(weights) == 1:
        (row,) = weights
        indices = _greatest(row, FEATURES_PER_SIGN) + _greatest(-row, FEATURES_PER_SIGN)
        return [Weight(index, float(row[index])) for index in indices]
    shown = np.argsort(-weights.max(axis=1), kind="stable")[:SHOWN_CLASSES]
    return [
        Weight(index, float(weights[number, index]), class_)
        for number, class_ in enumerate(classes)
        if number in shown
        for index in _greatest(weights[number], FEATURES_PER_CLASS)
    ]


def _greatest(row: Numbers, count: int) -> list[int]:
    order = np.argsort(-row, kind="stable")[:count]
    return [index for index in order.tolist() if row[index] > 0]


def _heaviest(by_weight: Numbers, blocks: Sequence[FeatureBlock]) -> tuple[int, float]:
    """Return the first index of the feature with the most weight, and its share of all weight."""
    total = float(by_weight.sum())
    if not total:
        return 0, 0.0
    best = 0, -1.0
    for block in blocks:
        block_weights = by_weight[block.indices]
        index = int(np.argmax(block_weights))
        weight = float(block_weights[index] if block.kind == "text" else block_weights.sum())
        if weight > best[1]:
            best = block.start + index, weight
    return best[0], best[1] / total


def _count(by_weight: Numbers, blocks: Sequence[FeatureBlock]) -> int:
    return sum(
        int(np.count_nonzero(by_weight[block.indices])) if block.kind == "text" else 1
        for block in blocks
    )


def _entry(weight: Weight, name: str) -> FeatureWeight:
    if weight.class_ is None:
        return {"feature": name, "weight": weight.value}
    return {"class": weight.class_, "feature": name, "weight": weight.value}
