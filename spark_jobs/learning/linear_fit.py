"""Fits of linear models in one process, to the objective that Spark's MLlib minimizes.

That is the mean loss of the rows plus a penalty: the sum of the coefficients' absolute values and
half the sum of their squares, in the shares that `elastic_net` determines. The loss is the log loss
of classes, or half the squared error of a number. The intercept has no penalty.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from os import cpu_count
from typing import Any

import numpy as np
from scipy.optimize import Bounds, OptimizeResult, minimize
from scipy.sparse import csr_array, diags_array
from scipy.special import expit, logsumexp, softmax

from spark_jobs.contract import BINARY, REGRESSION, Problem
from spark_jobs.learning.local_rows import Indices, Matrix, Numbers

ELEMENTS_PER_THREAD = 500_000  # fewer are multiplied in less time than a thread takes to start
CORRECTIONS = 10  # pairs of steps and gradients that approximate the curvature, as in MLlib
FLAT_ITERATIONS = 20  # at the end of a fit, or half of its iterations if these are fewer
FLAT_SHARE = 5e-3  # of the initial objective
ALL = slice(None)  # columns
CONVERGENCE_HISTORY = 10  # iterations over which a fit must have stopped to improve


@dataclass(frozen=True)
class LinearModel:
    """Coefficients and intercepts: one row of them, or one for each of several classes."""

    coefficients: Numbers
    intercepts: Numbers

    def margins(self, features: Matrix) -> Numbers:
        """Return the margins of the rows: one column, or one for each of several classes."""
        return _product(features, self.coefficients.T) + self.intercepts

    def adjusted(self, factor: float, offset: Numbers | float) -> "LinearModel":
        """Return a model whose margins are `factor` times the margins of this, plus `offset`."""
        return LinearModel(self.coefficients * factor, self.intercepts * factor + offset)


@dataclass(frozen=True)
class LinearPath:
    """What a fit passed: models by their number of iterations, and whether it converged."""

    models: Mapping[int, LinearModel]
    converged: bool

    @property
    def last(self) -> LinearModel:
        return self.models[max(self.models)]


class LinearObjective:
    """The objective on some rows, and its gradient.

    Its parameters are the intercepts and the coefficients of the columns that are not 0 in all
    rows: those of other columns stay 0, and few short texts leave most columns of hashed terms so.

    Args:
        features: a row for each label.
        labels: 0 or 1, the numbers of classes, or numbers.
        weights: of the rows.
        problem: of the label.
        classes: their number, of several classes.
    """

    def __init__(
        self, features: Matrix, labels: Numbers, weights: Numbers, problem: Problem, classes: int
    ) -> None:
        self._problem, self._labels = problem, labels
        self._weights = weights / weights.sum()
        self.outputs, self._width = max(classes, 1), int(features.shape[1])
        self._used: Indices | slice = ALL
        if not isinstance(features, np.ndarray):
            used = np.flatnonzero(np.bincount(features.indices, minlength=self._width))
            features, self._used = _with_columns(features, used), used
        self.size = int(features.shape[1])
        elements = features.size if isinstance(features, np.ndarray) else features.nnz
        self.threads = min(cpu_count() or 1, max(elements // ELEMENTS_PER_THREAD, 1))
        # products with rows of the transposed matrix need no sum over threads
        transposed = features.T if isinstance(features, np.ndarray) else csr_array(features.T)
        self._rows, self._columns = self._split(features), self._split(transposed)

    def start(self) -> Numbers:
        """Return the parameters of the model that knows the label's distribution alone."""
        intercepts = np.zeros(self.outputs)
        if self._problem == BINARY:
            share = float(self._weights @ self._labels)
            intercepts[0] = np.log(share / (1 - share)) if 0 < share < 1 else 0.0
        elif self._problem == REGRESSION:
            intercepts[0] = float(self._weights @ self._labels)
        else:
            shares = np.bincount(self._labels.astype(int), self._weights, self.outputs)
            intercepts = np.log(np.maximum(shares, np.finfo(float).tiny))
            intercepts -= intercepts.mean()
        return np.concatenate([np.zeros(self.outputs * self.size), intercepts])

    def parameters(self, model: LinearModel) -> Numbers:
        """Return the parameters of the model."""
        return np.concatenate([model.coefficients[:, self._used].ravel(), model.intercepts])

    def model(self, parameters: Numbers) -> LinearModel:
        """Return the model with these parameters."""
        split = self.outputs * self.size
        coefficients = np.zeros((self.outputs, self._width))
        coefficients[:, self._used] = parameters[:split].reshape(self.outputs, self.size)
        intercepts = parameters[split:]
        if self.outputs > 1:
            intercepts = intercepts - intercepts.mean()  # as in MLlib; probabilities are the same
        return LinearModel(coefficients, intercepts.copy())

    def value(self, model: LinearModel, penalty: float, elastic_net: float) -> float:
        """Return the objective."""
        smooth, _ = self.value_and_gradient(self.parameters(model), penalty * (1 - elastic_net))
        return smooth + penalty * elastic_net * float(np.abs(model.coefficients).sum())

    def value_and_gradient(
        self, parameters: Numbers, penalty: float, each: Callable[..., Any] = map
    ) -> tuple[float, Numbers]:
        """Return the objective with a penalty on squares alone, and its gradient.

        Args:
            parameters: of the model.
            penalty: of the squared coefficients.
            each: maps a function over parts of the rows.
        """
        split = self.outputs * self.size
        coefficients = parameters[:split].reshape(self.outputs, self.size)
        products = each(partial(_product, columns=coefficients.T), self._rows)
        margins = np.concatenate([*products])
        loss, slopes = self._loss(margins + parameters[split:])
        value = loss + penalty / 2 * float(np.vdot(coefficients, coefficients))
        parts = [*each(partial(_product, columns=slopes), self._columns)]
        gradient = np.empty_like(parameters)
        np.concatenate(parts, out=gradient[:split].reshape(self.outputs, self.size).T)
        gradient[:split] += penalty * parameters[:split]
        gradient[split:] = slopes.sum(axis=0)
        return value, gradient

    def _split(self, matrix: Matrix) -> list[Matrix]:
        bounds = np.linspace(0, matrix.shape[0], self.threads + 1).astype(int)
        return [matrix[start:stop] for start, stop in pairwise(bounds)]

    def _loss(self, margins: Numbers) -> tuple[float, Numbers]:
        """Return the weighted mean of the losses, and its derivatives by the margins."""
        if self._problem == REGRESSION:
            error = margins[:, 0] - self._labels
            return float(self._weights @ error**2) / 2, (self._weights * error)[:, None]
        if self._problem == BINARY:
            margin = margins[:, 0]
            losses = np.logaddexp(0, margin) - self._labels * margin
            return float(self._weights @ losses), (self._weights * (expit(margin) - self._labels))[
                :, None
            ]
        rows, numbers = np.arange(len(margins)), self._labels.astype(int)
        losses = logsumexp(margins, axis=1) - margins[rows, numbers]
        slope = softmax(margins, axis=1)
        slope[rows, numbers] -= 1
        return float(self._weights @ losses), slope * self._weights[:, None]


def fit_path(
    objective: LinearObjective,
    penalty: float,
    *,
    iterations: int,
    tolerance: float,
    elastic_net: float = 0.0,
    stops: Sequence[int] = (),
    start: LinearModel | None = None,
    below: float | None = None,
) -> LinearPath:
    """Minimize the objective by L-BFGS, and return the models at `stops` and at the end.

    Args:
        objective: to minimize.
        penalty: of the coefficients.
        elastic_net: the share of the penalty that is on absolute values.
        iterations: at most that many.
        tolerance: the fit has converged if the last `CONVERGENCE_HISTORY` iterations lowered the
            objective by no more than this share of its first value, as in MLlib.
        stops: numbers of iterations.
        start: the model to start from; by default, the one without coefficients.
        below: go on after `iterations` until the objective is not above this.
    """
    models: dict[int, LinearModel] = {}
    first = objective.start() if start is None else objective.parameters(start)
    split = _SignSplit(objective.outputs * objective.size) if elastic_net else None
    first = split.split(first) if split else first
    limit = iterations if below is None else 2 * iterations
    with ThreadPoolExecutor(objective.threads) as pool:
        each = pool.map if objective.threads > 1 else map

        def function(parameters: Numbers) -> tuple[float, Numbers]:
            if not split:
                return objective.value_and_gradient(parameters, penalty, each)
            joined, squares = split.join(parameters), penalty * (1 - elastic_net)
            smooth, gradient = objective.value_and_gradient(joined, squares, each)
            return split.with_absolute_values(parameters, smooth, gradient, penalty * elastic_net)

        def model(parameters: Numbers) -> LinearModel:
            return objective.model(split.join(parameters) if split else parameters)

        initial, _ = function(first)
        history = [initial]

        def after_iteration(intermediate_result: OptimizeResult) -> None:
            history.append(float(intermediate_result.fun))
            if len(history) - 1 in stops:
                models[len(history) - 1] = model(intermediate_result.x)
            has_come_down = below is None or history[-1] <= below
            if _has_converged(history, tolerance) or (len(history) > iterations and has_come_down):
                raise StopIteration

        result = minimize(
            function,
            first,
            jac=True,
            method="L-BFGS-B",
            bounds=split.bounds(first) if split else None,
            callback=after_iteration,
            options={"maxiter": limit, "maxcor": CORRECTIONS, "ftol": 0.0, "gtol": 0.0},
        )
    count = len(history) - 1
    models[count] = model(result.x)
    # with fewer iterations, it has converged, or no step lowered the objective
    return LinearPath(models, count < iterations or is_flat(history))


@dataclass(frozen=True)
class _SignSplit:
    """Coefficients as differences of two numbers that are not negative.

    So their absolute values, which have no derivative at 0, become sums, which have one. `count`
    coefficients precede the other parameters.
    """

    count: int

    def split(self, parameters: Numbers) -> Numbers:
        coefficients, others = parameters[: self.count], parameters[self.count :]
        return np.concatenate([np.maximum(coefficients, 0), np.maximum(-coefficients, 0), others])

    def join(self, parts: Numbers) -> Numbers:
        positive, negative = parts[: self.count], parts[self.count : 2 * self.count]
        return np.concatenate([positive - negative, parts[2 * self.count :]])

    def bounds(self, parts: Numbers) -> Bounds:
        lower: Any = np.zeros(len(parts))  # SciPy's types know single numbers alone
        lower[2 * self.count :] = -np.inf
        return Bounds(lower, np.inf)

    def with_absolute_values(
        self, parts: Numbers, value: float, gradient: Numbers, penalty: float
    ) -> tuple[float, Numbers]:
        """Add the penalty on absolute values to an objective and to its gradient."""
        slopes, others = gradient[: self.count], gradient[self.count :]
        value += penalty * float(parts[: 2 * self.count].sum())
        return value, np.concatenate([penalty + slopes, penalty - slopes, others])


def is_flat(history: Sequence[float]) -> bool:
    """Return whether the last iterations hardly lowered the objective."""
    before = history[-1 - min(FLAT_ITERATIONS, len(history) // 2)]
    return before - history[-1] <= FLAT_SHARE * abs(history[0])


def _has_converged(history: Sequence[float], tolerance: float) -> bool:
    lately = history[-1 - CONVERGENCE_HISTORY :]
    return len(lately) > CONVERGENCE_HISTORY and lately[0] - lately[-1] <= tolerance * abs(
        history[0]
    )


def solve_ridge(features: Matrix, labels: Numbers, weights: Numbers, penalty: float) -> LinearModel:
    """Return the linear regression that minimizes the objective, from the normal equations."""
    shares = weights / weights.sum()
    means, center = np.asarray(features.T @ shares).ravel(), float(shares @ labels)
    weighted = diags_array(shares) @ features
    gram = features.T @ weighted
    gram = gram if isinstance(gram, np.ndarray) else gram.toarray()
    gram -= np.outer(means, means)
    gram[np.diag_indices_from(gram)] += penalty
    covariance = np.asarray(weighted.T @ (labels - center))
    # without a penalty, the coefficients of equal columns are not determined: take the smallest
    coefficients: Any = np.linalg.lstsq(gram, covariance)[0]
    return LinearModel(coefficients[None], np.array([center - means @ coefficients]))


def _with_columns(features: Matrix, used: Indices) -> Matrix:
    """Return the rows of a sparse matrix with these columns alone, which have all its elements."""
    positions = np.empty(features.shape[1], features.indices.dtype)
    positions[used] = np.arange(len(used))
    parts = (features.data, positions[features.indices], features.indptr)
    return csr_array(parts, shape=(features.shape[0], len(used)))


def _product(matrix: Any, columns: Numbers) -> Numbers:
    """Return the product; of a sparse matrix column by column, which SciPy does much faster."""
    if isinstance(matrix, np.ndarray):
        return matrix @ columns
    return np.stack([matrix @ column for column in columns.T], axis=1)
