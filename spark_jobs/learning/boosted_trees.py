"""Gradient boosted trees, fitted in one process by XGBoost."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from spark_jobs.contract import BINARY, MULTICLASS, REGRESSION, Problem
from spark_jobs.learning.local_rows import Numbers
from spark_jobs.learning.params import SEED

Floats = npt.NDArray[np.float32]

LEAF = -1
LEARNING_RATE = 0.1
MAX_LEAVES = 31
MAX_TREES = 100  # for each output, unless the contract says otherwise
MIN_LEAF_ROWS = 20.0  # with 31 leaves, what scikit-learn's histogram trees have by default
# XGBoost asks for a minimum of second derivatives, which of a probability is at most 1/4 for a row
MIN_CHILD_WEIGHT = {
    BINARY: MIN_LEAF_ROWS / 4,
    MULTICLASS: MIN_LEAF_ROWS / 4,
    REGRESSION: MIN_LEAF_ROWS,
}
OBJECTIVES = {
    BINARY: ("binary:logistic", "logloss"),
    MULTICLASS: ("multi:softprob", "mlogloss"),
    REGRESSION: ("reg:squarederror", "rmse"),
}


@dataclass(frozen=True)
class Tree:
    """A regression tree as arrays with an element for each node; node 0 is the root.

    A row goes to `left` if its `feature` is at most `threshold`, else to `right`. A leaf has the
    feature `LEAF`, and adds `value` to the margin. `gain` is how much a split lowers the loss.
    """

    feature: npt.NDArray[np.int64]
    threshold: Numbers
    left: npt.NDArray[np.int64]
    right: npt.NDArray[np.int64]
    value: Numbers
    gain: Numbers


@dataclass(frozen=True)
class BoostedTrees:
    """For each output a constant and trees, whose values add up to the margin."""

    constants: Numbers
    trees: tuple[tuple[Tree, ...], ...]

    def importances(self, features: int) -> Numbers:
        """Return the share of each feature in the gain of all splits."""
        gains = np.zeros(features)
        for tree in (tree for trees in self.trees for tree in trees):
            inner = tree.feature != LEAF
            np.add.at(gains, tree.feature[inner], tree.gain[inner])
        total = gains.sum()
        return gains / total if total else gains

    def adjusted(self, factor: float, offset: Numbers | float) -> "BoostedTrees":
        """Return trees whose margins are `factor` times the margins of these, plus `offset`."""
        trees = tuple(
            tuple(replace(tree, value=tree.value * factor) for tree in output)
            for output in self.trees
        )
        return BoostedTrees(self.constants * factor + offset, trees)


class BoostingFit:
    """A fit of trees, which can be cut after any number of rounds.

    Args:
        features: a row for each label.
        labels: 0 or 1, the numbers of classes, or numbers.
        weights: of the rows.
        problem: of the label.
        classes: their number, of several classes.
        rounds: of boosting.
        scored: rows on which the loss is measured after each round, their labels and weights.
        offset: what is added to the margins of these rows.
    """

    def __init__(
        self,
        features: Floats,
        labels: Numbers,
        weights: Numbers,
        problem: Problem,
        classes: int,
        *,
        rounds: int,
        scored: tuple[Floats, Numbers, Numbers] | None = None,
        offset: Numbers | float = 0.0,
    ) -> None:
        # it takes a second to import, which only those who fit trees should wait for
        import xgboost

        self._constants = _constants(labels, weights, problem, classes)
        self._outputs = len(self._constants)
        objective, metric = OBJECTIVES[problem]
        params: dict[str, Any] = {
            "objective": objective,
            "eval_metric": metric,
            "tree_method": "hist",
            "grow_policy": "lossguide",
            "max_depth": 0,
            "max_leaves": MAX_LEAVES,
            "eta": LEARNING_RATE,
            "min_child_weight": MIN_CHILD_WEIGHT[problem],
            "seed": SEED,
            "nthread": 1,  # the sums of several threads depend on their number
            "disable_default_eval_metric": scored is None,
        }
        if problem == MULTICLASS:
            params["num_class"] = classes
        train = _matrix(features, self._constants, labels, weights)
        evals: list[Any] = []
        if scored:
            told, *given = scored
            evals = [(_matrix(told, self._constants + offset, *given), "scored")]
        history: dict[str, Any] = {}
        self._booster = xgboost.train(
            params, train, rounds, evals=evals, evals_result=history, verbose_eval=False
        )
        # the loss of the scored rows after each round
        self.losses = np.array(history["scored"][metric] if scored else [], np.float64)

    def margins(self, features: Floats, rounds: int) -> Numbers:
        """Return the margins of the rows after some rounds: a column for each output."""
        margins = self._booster.predict(
            _matrix(features, self._constants), output_margin=True, iteration_range=(0, rounds)
        )
        return np.asarray(margins, np.float64).reshape(len(features), self._outputs)

    def trees(self) -> BoostedTrees:
        """Return the trees of all rounds."""
        dumped = self._booster.get_dump(dump_format="json", with_stats=True)
        trees = [_tree(json.loads(each)) for each in dumped]
        by_output = [tuple(trees[output :: self._outputs]) for output in range(self._outputs)]
        return BoostedTrees(self._constants, tuple(by_output))


def _matrix(
    features: Floats,
    constants: Numbers,
    labels: Numbers | None = None,
    weights: Numbers | None = None,
) -> Any:
    import xgboost

    start = np.tile(constants, (len(features), 1))
    # no element is infinite, so none is taken as missing
    return xgboost.DMatrix(
        features, labels, weight=weights, base_margin=start, missing=np.inf, nthread=1
    )


def _constants(labels: Numbers, weights: Numbers, problem: Problem, classes: int) -> Numbers:
    """Return the margins to start from: those that know the label's distribution alone."""
    shares = weights / weights.sum()
    if problem == REGRESSION:
        return np.array([shares @ labels])
    if problem == BINARY:
        share = np.clip(shares @ labels, 1e-6, 1 - 1e-6)
        return np.array([np.log(share / (1 - share))])
    by_class = np.bincount(labels.astype(int), shares, classes)
    return np.log(np.maximum(by_class, 1e-6))


def _tree(root: Mapping[str, Any]) -> Tree:
    nodes, children = [root], []
    for node in nodes:  # which grows by the children, level by level
        by_id = {child["nodeid"]: child for child in node.get("children", ())}
        if not by_id:
            children.append((LEAF, LEAF))
            continue
        children.append((len(nodes), len(nodes) + 1))
        nodes += [by_id[node["yes"]], by_id[node["no"]]]
    left, right = np.array(children).T
    return Tree(
        np.array([int(node["split"][1:]) if "split" in node else LEAF for node in nodes]),
        np.array([largest_left(node.get("split_condition", 0.0)) for node in nodes]),
        left,
        right,
        np.array([float(np.float32(node.get("leaf", 0.0))) for node in nodes]),
        np.array([float(node.get("gain", 0.0)) for node in nodes]),
    )


def largest_left(condition: float) -> float:
    """Return the largest double that goes left where XGBoost's floats are below the condition.

    XGBoost rounds a value to a float and goes left if that is below the float `condition`. A value
    half-way between two floats is rounded to the one whose last bit is 0.
    """
    above = np.float32(condition)
    below = np.nextafter(above, np.float32(-np.inf))
    middle = (float(below) + float(above)) / 2
    if np.float32(middle) < above:
        return middle
    return float(np.nextafter(middle, -np.inf))
