"""What a model goes by: its strongest features by name, and how much hangs on one of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from spark_jobs.learning.moments import Moments, Numbers, strongest_alone
from spark_jobs.learning.slots import TEXT, Block, block_at

OF_EACH_SIGN = 20
OF_A_CLASS = 5
MOST_CLASSES = 20

Vocabulary = Callable[[Sequence[int]], Mapping[int, str]]


@dataclass(frozen=True)
class Strong:
    """A place of the vector, the weight it has, and the class it speaks for, if there are some."""

    place: int
    weight: float
    class_: str | None = None


def figures_of(
    model: Any,
    classes: Sequence[str],
    blocks: Sequence[Block],
    moments: Moments,
    vocabulary: Vocabulary,
) -> dict[str, Any]:
    """What the report says of a fitted model's features.

    `strongest` are those of greatest weight, of each sign or for each class; of a forest, those of
    greatest importance. `share_of_strongest` is the feature that has most of all weight, each
    weighed by how much the feature varies; `explains_most` the one that alone tells most of the
    label. A column is a feature, of a text each place is one; `weighed_features` counts them.

    Args:
        model: a regression or a forest.
        classes: of a label of several.
        blocks: what stands in the vectors.
        moments: of the vectors.
        vocabulary: the terms at places of the vector.
    """
    weights = weights_of(model)
    if not (np.isfinite(weights).all() and np.isfinite(_intercepts(model)).all()):
        return {"finite": False, "strongest": []}
    strong = strong_places(weights, classes)
    by_weight = np.abs(weights).sum(axis=0) * (1 if _is_forest(model) else moments.deviation)
    heaviest, share = _heaviest(by_weight, blocks)
    telling, told = strongest_alone(moments, blocks)
    terms = vocabulary([*{each.place for each in strong}, heaviest, telling])

    def named(place: int) -> str:
        return block_at(blocks, place).name(place, terms)

    def of_block(place: int) -> str:
        block = block_at(blocks, place)
        return named(place) if block.kind == TEXT else block.title

    return {
        "finite": True,
        "strongest": [_entry(each, named(each.place)) for each in strong],
        "share_of_strongest": {"feature": of_block(heaviest), "share": share},
        "explains_most": {"feature": of_block(telling), "share": told},
        "weighed_features": _count(by_weight, blocks),
    }


def weights_of(model: Any) -> Numbers:
    """A row of weights, or one for each of several classes; of a forest its importances."""
    if _is_forest(model):
        return model.featureImportances.toArray()[None]
    if hasattr(model, "coefficientMatrix"):
        return model.coefficientMatrix.toArray()
    return model.coefficients.toArray()[None]


def strong_places(weights: Numbers, classes: Sequence[str]) -> list[Strong]:
    """The places of greatest weight, the greatest first: of both signs, or for each class."""
    if not classes or len(weights) == 1:
        (row,) = weights
        found = _greatest(row, OF_EACH_SIGN) + _greatest(-row, OF_EACH_SIGN)
        return [Strong(place, float(row[place])) for place in found]
    shown = np.argsort(-weights.max(axis=1), kind="stable")[:MOST_CLASSES]
    return [
        Strong(place, float(weights[number, place]), class_)
        for number, class_ in enumerate(classes)
        if number in shown
        for place in _greatest(weights[number], OF_A_CLASS)
    ]


def _greatest(row: Numbers, count: int) -> list[int]:
    order = np.argsort(-row, kind="stable")[:count]
    return [place for place in order.tolist() if row[place] > 0]


def _heaviest(by_weight: Numbers, blocks: Sequence[Block]) -> tuple[int, float]:
    """The first place of the feature that has most of all weight, and its share."""
    total = float(by_weight.sum())
    if not total:
        return 0, 0.0
    best = 0, -1.0
    for block in blocks:
        there = by_weight[block.places]
        place = int(np.argmax(there))
        weight = float(there[place] if block.kind == TEXT else there.sum())
        if weight > best[1]:
            best = block.start + place, weight
    return best[0], best[1] / total


def _count(by_weight: Numbers, blocks: Sequence[Block]) -> int:
    return sum(
        int(np.count_nonzero(by_weight[block.places])) if block.kind == TEXT else 1
        for block in blocks
    )


def _entry(strong: Strong, name: str) -> dict[str, Any]:
    class_ = {} if strong.class_ is None else {"class": strong.class_}
    return {**class_, "feature": name, "weight": strong.weight}


def _is_forest(model: Any) -> bool:
    return hasattr(model, "featureImportances")


def _intercepts(model: Any) -> Numbers:
    if _is_forest(model):
        return np.zeros(1)
    if hasattr(model, "interceptVector"):
        return model.interceptVector.toArray()
    return np.array([model.intercept])
