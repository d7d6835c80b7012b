"""Learners: the estimators that are fitted in the driver, with the parameters to choose from."""

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Protocol

import numpy as np

from spark_jobs.contract import REGRESSION
from spark_jobs.learning.boosted_trees import MAX_TREES, BoostedTrees, BoostingFit, Floats
from spark_jobs.learning.estimators import ITERATIONS, MAX_NORMAL_FEATURES, WIDE, penalties
from spark_jobs.learning.label_encoding import LabelEncoding
from spark_jobs.learning.linear_fit import (
    LinearModel,
    LinearObjective,
    LinearPath,
    fit_path,
    solve_ridge,
)
from spark_jobs.learning.local_rows import Indices, LocalRows, Matrix, Numbers, to_dense
from spark_jobs.learning.margins import LARGEST_LOSS, row_losses
from spark_jobs.learning.memory_limits import MAX_TREE_CELLS
from spark_jobs.learning.params import EstimatorName, ModelParams

# iterations after which a fit of wide vectors is scored: it may overfit before it has converged
STOPS = (4, 6, 8, 12, 16, 24, 32, 48, 64)
# Elements on which candidates are compared if there are more. Wide vectors take many iterations.
ENOUGH_ELEMENTS, ENOUGH_WIDE_ELEMENTS = 1 << 22, 1 << 20
MAX_SAMPLING_STEP = 4  # the best penalty depends on the number of rows

Parameters = Mapping[str, float]
Model = LinearModel | BoostedTrees


class FoldFit(Protocol):
    """A fit on one fold, which can be cut after some of its iterations."""

    converged: bool

    def losses(self) -> Mapping[int, float]:
        """Return the mean loss of the scored rows by the number of iterations, ascending."""
        ...

    def margins(self, iterations: int) -> Numbers:
        """Return the margins of the scored rows."""
        ...

    def linear_model(self, iterations: int) -> LinearModel | None:
        """Return the model, if it is linear."""
        ...


class Learner(Protocol):
    """An estimator, and the parameters to choose from."""

    @property
    def estimator(self) -> EstimatorName: ...

    @property
    def parameters(self) -> Sequence[Parameters]: ...

    @property
    def sampling_step(self) -> int:
        """A sample of one row of so many is enough to compare parameters."""
        ...

    @property
    def slow(self) -> bool:
        """Whether it is worth not to try all parameters."""
        ...

    def fit(
        self, fitted: Indices, scored: Indices, parameters: Sequence[Parameters]
    ) -> Sequence[FoldFit]:
        """Return a fit for each of the parameters."""
        ...

    def refit(
        self, parameters: Parameters, iterations: int | None, chosen: LinearModel | None
    ) -> Model:
        """Return the model that is fitted to all rows.

        Args:
            parameters: that were chosen.
            iterations: that were chosen, None to go on until the fit converges.
            chosen: what these gave on some of the rows, if that is one linear model.
        """
        ...


class LinearLearner:
    """Linear models of several penalties.

    Narrow vectors are fitted until they converge, each penalty from the solution for the next
    larger one. Wide vectors are fitted from the start, and scored on the way.
    """

    def __init__(self, rows: LocalRows, encoding: LabelEncoding, params: ModelParams) -> None:
        self._rows, self._encoding = rows, encoding
        regression = encoding.problem == REGRESSION
        self.estimator: EstimatorName = "linear_regression" if regression else "logistic_regression"
        self.parameters = penalties(params)
        features = int(rows.features.shape[1])
        can_be_solved = not any(params["elastic_net"]) and features <= MAX_NORMAL_FEATURES
        self._solve = regression and can_be_solved
        self._wide = features >= WIDE
        self._tolerance = params["tolerance"]
        self._iterations = params["max_iterations"] or (STOPS[-1] if self._wide else ITERATIONS)
        self.slow = self._wide
        enough = ENOUGH_WIDE_ELEMENTS if self._wide else ENOUGH_ELEMENTS
        self.sampling_step = min(ceil(rows.elements / enough), MAX_SAMPLING_STEP)

    def fit(
        self, fitted: Indices, scored: Indices, parameters: Sequence[Parameters]
    ) -> list[FoldFit]:
        features, labels = self._rows.features[scored], self._rows.labels[scored]
        shares = self._rows.shares(scored)
        paths: dict[int, LinearPath] = {}
        objective = None if self._solve else self._objective(fitted)
        start = None
        by_penalty = sorted(
            range(len(parameters)), key=lambda index: -parameters[index]["regularization"]
        )
        for index in by_penalty:
            penalty = parameters[index]["regularization"]
            if objective is None:
                model = self._solved(fitted, penalty)
                paths[index] = LinearPath({1: model}, converged=True)
                continue
            paths[index] = fit_path(
                objective,
                penalty,
                iterations=self._iterations,
                tolerance=self._tolerance,
                elastic_net=parameters[index].get("elastic_net", 0.0),
                stops=STOPS if self._wide else (),
                start=start,
            )
            start = None if self._wide else paths[index].last
        return [
            _LinearFoldFit(paths[index], features, labels, shares, self._encoding)
            for index in range(len(parameters))
        ]

    def refit(
        self, parameters: Parameters, iterations: int | None, chosen: LinearModel | None
    ) -> LinearModel:
        known, penalty = self._rows.known, parameters["regularization"]
        elastic_net = parameters.get("elastic_net", 0.0)
        if self._solve:
            return self._solved(known, penalty)
        objective = self._objective(known)
        below = None
        if iterations and chosen:
            # iterations of two fits are not alike, but the last one must not be the worse one
            below = objective.value(chosen, penalty, elastic_net)
        path = fit_path(
            objective,
            penalty,
            iterations=iterations or self._iterations,
            tolerance=self._tolerance,
            elastic_net=elastic_net,
            below=below,
        )
        return path.last.adjusted(1.0, -self._encoding.log_weights)

    def _solved(self, rows: Indices, penalty: float) -> LinearModel:
        return solve_ridge(*self._fitted(rows), penalty)

    def _objective(self, rows: Indices) -> LinearObjective:
        classes = len(self._encoding.classes)
        return LinearObjective(*self._fitted(rows), self._encoding.problem, classes)

    def _fitted(self, rows: Indices) -> tuple[Matrix, Numbers, Numbers]:
        labels = self._rows.labels[rows]
        weights = self._encoding.fit_weights(labels, self._rows.weights[rows])
        return self._rows.features[rows], labels, weights


class TreeLearner:
    """Boosted trees; the number of rounds is what is chosen."""

    estimator: EstimatorName = "gradient_boosted_trees"
    parameters: Sequence[Parameters] = ({},)
    slow = False

    def __init__(self, rows: LocalRows, encoding: LabelEncoding, params: ModelParams) -> None:
        self._rows, self._encoding = rows, encoding
        self._features = to_dense(rows.features).astype(np.float32)
        self._rounds = params["max_iterations"] or MAX_TREES
        self.sampling_step = ceil(self._features.size / ENOUGH_ELEMENTS)

    def fit(
        self,
        fitted: Indices,
        scored: Indices,
        parameters: Sequence[Parameters],
    ) -> list[FoldFit]:
        labels, shares = self._rows.labels[scored], self._rows.shares(scored)
        known = np.isfinite(labels)
        told = None
        if known.any():
            told = self._features[scored[known]], labels[known], shares[known]
        fit = self._boost(fitted, self._rounds, told)
        known_share = shares[known].sum()
        losses = fit.losses if told else np.zeros(self._rounds)
        if self._encoding.problem == REGRESSION:
            losses = losses**2 / 2  # XGBoost has the root of the mean square
        fold = _TreeFoldFit(
            fit,
            self._features[scored],
            losses * known_share + (1 - known_share) * LARGEST_LOSS,
            self._encoding.log_weights,
        )
        return [fold for _ in parameters]

    def refit(
        self,
        parameters: Parameters,  # noqa: ARG002 - there is no choice of these
        iterations: int | None,
        chosen: LinearModel | None,  # noqa: ARG002 - the others need it
    ) -> BoostedTrees:
        fit = self._boost(self._rows.known, iterations or self._rounds)
        return fit.trees().adjusted(1.0, -self._encoding.log_weights)

    def _boost(
        self, rows: Indices, rounds: int, scored: tuple[Floats, Numbers, Numbers] | None = None
    ) -> BoostingFit:
        labels = self._rows.labels[rows]
        return BoostingFit(
            self._features[rows],
            labels,
            self._encoding.fit_weights(labels, self._rows.weights[rows]),
            self._encoding.problem,
            len(self._encoding.classes),
            rounds=rounds,
            scored=scored,
            offset=-self._encoding.log_weights,
        )


class _LinearFoldFit:
    def __init__(
        self,
        path: LinearPath,
        features: Matrix,
        labels: Numbers,
        shares: Numbers,
        encoding: LabelEncoding,
    ) -> None:
        self.converged = path.converged
        self._path, self._features, self._labels, self._shares = path, features, labels, shares
        self._encoding = encoding

    def losses(self) -> Mapping[int, float]:
        problem = self._encoding.problem
        return {
            count: float(self._shares @ row_losses(problem, self.margins(count), self._labels))
            for count in sorted(self._path.models)
        }

    def margins(self, iterations: int) -> Numbers:
        model = self._path.models[iterations]
        return model.margins(self._features) - self._encoding.log_weights

    def linear_model(self, iterations: int) -> LinearModel:
        return self._path.models[iterations]


class _TreeFoldFit:
    converged = True  # more rounds are other models, not better solutions

    def __init__(
        self, fit: BoostingFit, features: Floats, losses: Numbers, log_weights: Numbers
    ) -> None:
        self._fit, self._features = fit, features
        self._losses, self._log_weights = losses, log_weights

    def losses(self) -> Mapping[int, float]:
        return {count: float(loss) for count, loss in enumerate(self._losses, 1)}

    def margins(self, iterations: int) -> Numbers:
        return self._fit.margins(self._features, iterations) - self._log_weights

    def linear_model(self, iterations: int) -> None:  # noqa: ARG002 - trees are not linear
        return None


def make_learners(
    rows: LocalRows, encoding: LabelEncoding, params: ModelParams, *, hashed: bool
) -> list[Learner]:
    """Return the learners of the wanted estimator; `auto` is linear models and trees.

    Trees are tried only if they take no more than minutes, and never on hashed terms: these are
    too many and too rare for them.
    """
    linear = LinearLearner(rows, encoding, params)
    match params["estimator"]:
        case "gradient_boosted_trees":
            return [TreeLearner(rows, encoding, params)]
        case "auto" if not hashed and rows.cells <= MAX_TREE_CELLS:
            return [linear, TreeLearner(rows, encoding, params)]
        case _:
            return [linear]
