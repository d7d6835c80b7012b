"""The steps from vectors to predictions."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from spark_jobs.scorer.features import Features, Indices, Numbers, dense_array


class _Step:
    """An operation on the results of earlier ones."""

    def __init__(self, spec: Mapping[str, Any]) -> None:
        self.spec = spec
        self.inputs: list[str] = spec.get("inputs", [])


class _Linear(_Step):
    def __init__(self, spec: Mapping[str, Any]) -> None:
        super().__init__(spec)
        self.weights = np.array([dense_array(each) for each in spec["weights"]])
        self.intercepts = np.array(spec["intercepts"], dtype=np.float64)
        self.dense = np.array(spec["dense"], dtype=np.intp)
        self.dense_weights = np.ascontiguousarray(self.weights[:, self.dense].T)

    def run(self, features: Features, _: Mapping[str, Numbers]) -> Numbers:
        margins = features.matrix @ self.dense_weights + self.intercepts
        if not len(features.indices):
            return margins
        for number, weights in enumerate(self.weights):
            shares = weights[features.indices] * features.values
            margins[:, number] += np.bincount(features.rows, shares, features.count)
        return margins

    def contributions(self, features: Features, column: int) -> dict[int, float]:
        """Return the share of each index in the margin, of several classes against their mean."""
        weights = self.weights[column]
        if len(self.weights) > 1:
            weights = weights - self.weights.mean(axis=0)
        dense = zip(self.dense, features.matrix[0] * weights[self.dense], strict=True)
        sparse = zip(features.indices, features.values * weights[features.indices], strict=True)
        return {int(index): float(share) for index, share in (*dense, *sparse)}


class _Trees(_Step):
    def __init__(self, spec: Mapping[str, Any]) -> None:
        super().__init__(spec)
        trees, tree_weights = spec["trees"], spec["tree_weights"]
        starts = np.cumsum([0, *(len(tree["feature"]) for tree in trees)])
        self.roots = starts[:-1]
        joined: dict[str, npt.NDArray[Any]] = {
            name: np.concatenate([np.array(tree[name]) for tree in trees])
            for name in ("feature", "threshold", "left", "right", "value")
        }
        shift = np.repeat(self.roots, np.diff(starts))
        self.is_leaf = joined["feature"] < 0
        own = np.arange(len(shift))
        # a leaf leads to itself
        self.left = np.where(self.is_leaf, own, joined["left"] + shift)
        self.right = np.where(self.is_leaf, own, joined["right"] + shift)
        self.threshold = joined["threshold"].astype(np.float64)
        self.value = joined["value"] * np.repeat(tree_weights, np.diff(starts))[:, None]
        used, self.feature = np.unique(
            np.where(self.is_leaf, -1, joined["feature"]), return_inverse=True
        )
        self.places = np.full(spec["size"], -1, dtype=np.intp)
        self.places[used[used >= 0]] = np.nonzero(used >= 0)[0]
        self.used = used
        self.dense = np.array(spec["dense"], dtype=np.intp)
        self.depth = spec["depth"]

    def _inputs(self, features: Features) -> Numbers:
        inputs = np.zeros((features.count, len(self.used)))
        places = self.places[self.dense]
        inputs[:, places[places >= 0]] = features.matrix[:, places >= 0]
        places = self.places[features.indices]
        inputs[features.rows[places >= 0], places[places >= 0]] = features.values[places >= 0]
        return inputs

    def _next(self, inputs: Numbers, nodes: Indices) -> Indices:
        at = inputs[np.arange(len(inputs))[:, None], self.feature[nodes]]
        return np.where(at <= self.threshold[nodes], self.left[nodes], self.right[nodes])

    def run(self, features: Features, results: Mapping[str, Numbers]) -> Numbers:  # noqa: ARG002 - as others do
        inputs = self._inputs(features)
        nodes = np.broadcast_to(self.roots, (features.count, len(self.roots)))
        for _ in range(self.depth):
            nodes = self._next(inputs, nodes)
        # added up one by one, as Spark does, so that ties stay ties
        return self.value[nodes].cumsum(axis=1)[:, -1] / self.spec["divisor"]

    def contributions(self, features: Features, column: int) -> dict[int, float]:
        """Return what the splits on each index add to the output."""
        inputs, shares = self._inputs(features), dict[int, float]()
        nodes = self.roots[None]
        for _ in range(self.depth):
            children = self._next(inputs, nodes)
            gains = (self.value[children] - self.value[nodes])[0, :, column]
            for place, gain in zip(self.feature[nodes[0]], gains.tolist(), strict=True):
                index = int(self.used[place])
                shares[index] = shares.get(index, 0.0) + gain / self.spec["divisor"]
            nodes = children
        shares.pop(-1, None)
        return shares


class _Logistic(_Step):
    def run(self, _: Features, results: Mapping[str, Numbers]) -> Numbers:
        margins = results[self.inputs[0]].reshape(-1, 1)
        positive = 1 - 1 / (1 + np.exp(margins))
        return np.concatenate([1 - positive, positive], axis=1)


class _Softmax(_Step):
    def run(self, _: Features, results: Mapping[str, Numbers]) -> Numbers:
        margins = results[self.inputs[0]]
        powers = np.exp(margins - margins.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)


class _Normalize(_Step):
    def run(self, _: Features, results: Mapping[str, Numbers]) -> Numbers:
        values = results[self.inputs[0]]
        total = np.abs(values).sum(axis=1, keepdims=True)
        return np.where(total == 0, values, values / total)


class _Multiply(_Step):
    def run(self, _: Features, results: Mapping[str, Numbers]) -> Numbers:
        return results[self.inputs[0]] * np.array(self.spec["by"])


class _Exponential(_Step):
    """The exponential of how far the first input is below the largest of the others."""

    def run(self, _: Features, results: Mapping[str, Numbers]) -> Numbers:
        margin, *margins = (results[each].reshape(-1) for each in self.inputs)
        return np.exp(margin - np.max(margins, axis=0))


class _Stack(_Step):
    def run(self, _: Features, results: Mapping[str, Numbers]) -> Numbers:
        return np.concatenate([results[each].reshape(-1, 1) for each in self.inputs], axis=1)


class _Largest(_Step):
    """The index of the largest element, each divided by its threshold if there are any."""

    def run(self, _: Features, results: Mapping[str, Numbers]) -> Numbers:
        values = results[self.inputs[0]]
        if self.spec["thresholds"]:
            values = values / np.array(self.spec["thresholds"])
        return np.where(np.isnan(values), -np.inf, values).argmax(axis=1)


class _Affine(_Step):
    def run(self, _: Features, results: Mapping[str, Numbers]) -> Numbers:
        return results[self.inputs[0]].reshape(-1) * self.spec["factor"] + self.spec["add"]


OPERATIONS: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "linear": _Linear,
    "trees": _Trees,
    "logistic": _Logistic,
    "softmax": _Softmax,
    "normalize": _Normalize,
    "multiply": _Multiply,
    "exponential": _Exponential,
    "stack": _Stack,
    "largest": _Largest,
    "affine": _Affine,
}
