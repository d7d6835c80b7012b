"""Compare estimators on vectors in the driver's memory, and fit the best one to all of them."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from logging import Logger
from math import ceil, inf
from os import cpu_count
from typing import Protocol

import numpy as np

from spark_jobs.contract import REGRESSION
from spark_jobs.learning.boosted_trees import MAX_TREES, BoostedTrees, BoostingFit, Floats
from spark_jobs.learning.label_encoding import LabelEncoding
from spark_jobs.learning.linear_fit import (
    LinearModel,
    LinearObjective,
    LinearPath,
    fit_path,
    solve_ridge,
)
from spark_jobs.learning.local_rows import (
    Fold,
    Indices,
    LocalRows,
    Matrix,
    Numbers,
    to_dense,
)
from spark_jobs.learning.margins import LARGEST_LOSS, row_losses
from spark_jobs.learning.params import EstimatorName, ModelParams

WIDE = 1 << 14  # features: a fit of as many may overfit before it has converged
# iterations after which a fit of wide vectors is scored
STOPS = (4, 6, 8, 12, 16, 24, 32, 48, 64)
ITERATIONS = 100
WIDE_ITERATIONS = 64
MAX_NORMAL_FEATURES = 1024  # of a linear regression that is solved in one step
# Elements on which candidates are compared if there are more. Wide vectors take many iterations.
ENOUGH_ELEMENTS, ENOUGH_WIDE_ELEMENTS = 1 << 22, 1 << 20
MAX_SAMPLING_STEP = 4  # the best penalty depends on the number of rows

MAX_TREE_CELLS = 1 << 25  # rows times features; more would take minutes

Model = LinearModel | BoostedTrees


@dataclass(frozen=True)
class LocalTrial:
    """An estimator with one of its parameters, compared on rows that it was not fitted on.

    `iterations` are those with the least loss. If `partial`, the fit used a sample of the rows.
    `margins` are of the rows at `scored`. `model` is the fit, if there was one fold. `sample_loss`
    is the loss of the fit to a sample, infinite if there was none.
    """

    estimator: EstimatorName
    parameters: Mapping[str, float]
    iterations: int
    converged: bool
    stopped_early: bool
    partial: bool
    scored: Indices
    margins: Numbers
    loss: float
    model: LinearModel | None = None
    sample_loss: float = inf


class FoldFit(Protocol):
    """A fit on one fold, which can be cut after some of its iterations."""

    converged: bool

    def losses(self) -> Mapping[int, float]:
        """Return the mean loss of the scored rows by the number of iterations, ascending."""
        ...

    def margins(self, iterations: int) -> Numbers:
        """Return the margins of the scored rows."""
        ...


class Learner(Protocol):
    """An estimator, and the parameters to choose from."""

    @property
    def estimator(self) -> EstimatorName: ...

    @property
    def parameters(self) -> Sequence[Mapping[str, float]]: ...

    @property
    def sampling_step(self) -> int:
        """A sample of one row of so many is enough to compare parameters."""
        ...

    @property
    def slow(self) -> bool:
        """Whether it is worth not to try all parameters."""
        ...

    def fit(
        self, fitted: Indices, scored: Indices, parameters: Sequence[Mapping[str, float]]
    ) -> Sequence[FoldFit]:
        """Return a fit for each of the parameters."""
        ...

    def refit(self, trial: LocalTrial) -> Model:
        """Fit to all rows as the trial did to some."""
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
        self.parameters = [{"regularization": penalty} for penalty in params["regularization"]]
        features = int(rows.features.shape[1])
        self._solve = regression and features <= MAX_NORMAL_FEATURES
        self._wide = features >= WIDE
        self._tolerance = params["tolerance"]
        self._iterations = params["max_iterations"] or (
            WIDE_ITERATIONS if self._wide else ITERATIONS
        )
        self.slow = self._wide
        enough = ENOUGH_WIDE_ELEMENTS if self._wide else ENOUGH_ELEMENTS
        self.sampling_step = min(ceil(rows.elements / enough), MAX_SAMPLING_STEP)

    def fit(
        self, fitted: Indices, scored: Indices, parameters: Sequence[Mapping[str, float]]
    ) -> list[FoldFit]:
        features, labels = self._rows.features[scored], self._rows.labels[scored]
        paths: dict[float, LinearPath] = {}
        objective = None if self._solve else self._objective(fitted)
        start = None
        for penalty in sorted({each["regularization"] for each in parameters}, reverse=True):
            if objective is None:
                model = solve_ridge(self._rows.features[fitted], self._rows.labels[fitted], penalty)
                paths[penalty] = LinearPath({1: model}, converged=True)
                continue
            paths[penalty] = fit_path(
                objective,
                penalty,
                iterations=self._iterations,
                tolerance=self._tolerance,
                stops=STOPS if self._wide else (),
                start=start,
            )
            start = None if self._wide else paths[penalty].last
        return [
            _LinearFoldFit(paths[each["regularization"]], features, labels, self._encoding)
            for each in parameters
        ]

    def refit(self, trial: LocalTrial) -> LinearModel:
        known, penalty = self._rows.known, trial.parameters["regularization"]
        if self._solve:
            return solve_ridge(self._rows.features[known], self._rows.labels[known], penalty)
        objective = self._objective(known)
        limit = trial.iterations if trial.stopped_early else self._iterations
        below = None
        if trial.stopped_early and trial.model is not None:
            # iterations of two fits are not alike, but the refit must not be the worse one
            below, _ = objective.value_and_gradient(objective.parameters(trial.model), penalty)
        path = fit_path(
            objective, penalty, iterations=limit, tolerance=self._tolerance, below=below
        )
        return path.last.adjusted(1.0, -self._encoding.log_weights)

    def _objective(self, rows: Indices) -> LinearObjective:
        labels = self._rows.labels[rows]
        weights, classes = self._encoding.weights_of(labels), len(self._encoding.classes)
        features = self._rows.features[rows]
        return LinearObjective(features, labels, weights, self._encoding.problem, classes)


class TreeLearner:
    """Boosted trees; the number of rounds is what is chosen."""

    estimator: EstimatorName = "gradient_boosted_trees"
    parameters: Sequence[Mapping[str, float]] = ({},)
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
        parameters: Sequence[Mapping[str, float]],
    ) -> list[FoldFit]:
        labels = self._rows.labels[scored]
        known = np.isfinite(labels)
        told = (self._features[scored[known]], labels[known]) if known.any() else None
        fit = self._boost(fitted, self._rounds, told)
        unknown = (1 - known.mean()) * LARGEST_LOSS
        losses = fit.losses if told else np.zeros(self._rounds)
        if self._encoding.problem == REGRESSION:
            losses = losses**2 / 2  # XGBoost has the root of the mean square
        fold = _TreeFoldFit(
            fit,
            self._features[scored],
            losses * known.mean() + unknown,
            self._encoding.log_weights,
        )
        return [fold for _ in parameters]

    def refit(self, trial: LocalTrial) -> BoostedTrees:
        fit = self._boost(self._rows.known, trial.iterations)
        return fit.trees().adjusted(1.0, -self._encoding.log_weights)

    def _boost(
        self, rows: Indices, rounds: int, scored: tuple[Floats, Numbers] | None = None
    ) -> BoostingFit:
        labels = self._rows.labels[rows]
        return BoostingFit(
            self._features[rows],
            labels,
            self._encoding.weights_of(labels),
            self._encoding.problem,
            len(self._encoding.classes),
            rounds=rounds,
            scored=scored,
            offset=-self._encoding.log_weights,
        )


class _LinearFoldFit:
    def __init__(
        self, path: LinearPath, features: Matrix, labels: Numbers, encoding: LabelEncoding
    ) -> None:
        self.converged = path.converged
        self.model = path.models.__getitem__
        self._path, self._features, self._labels = path, features, labels
        self._encoding = encoding

    def losses(self) -> Mapping[int, float]:
        problem = self._encoding.problem
        return {
            count: float(row_losses(problem, self.margins(count), self._labels).mean())
            for count in sorted(self._path.models)
        }

    def margins(self, iterations: int) -> Numbers:
        model = self._path.models[iterations]
        return model.margins(self._features) - self._encoding.log_weights


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


def compare(
    rows: LocalRows, learners: Sequence[Learner], log: Logger, *, to_beat: float = inf
) -> list[LocalTrial]:
    """Return the trials of the learners' parameters.

    Where there are several and many rows, all are fitted to a sample first. Then the best one is
    fitted in full, until the best one is one that was fitted in full. Penalties of wide vectors
    are tried from the smallest on, until the loss rises.

    Args:
        rows: to fit and to score.
        learners: at least one.
        log: of the job.
        to_beat: the loss of another comparison's best fit to a sample; if this one's is higher, it
            is not fitted in full.
    """
    several = sum(len(learner.parameters) for learner in learners) > 1
    step = max(learner.sampling_step for learner in learners) if several else 1
    trials: list[LocalTrial] = []
    owners: list[Learner] = []
    for learner in learners:
        tried = _try_in_turn(rows, learner, step, log)
        trials += tried
        owners += [learner] * len(tried)
    while trials[best := _best(trials)].partial and trials[best].loss <= to_beat:
        (full,) = _try_out(rows, owners[best], [trials[best].parameters], 1, log)
        trials[best] = replace(full, sample_loss=trials[best].loss)
    return trials


def _try_in_turn(rows: LocalRows, learner: Learner, step: int, log: Logger) -> list[LocalTrial]:
    if not learner.slow:
        return _try_out(rows, learner, learner.parameters, step, log)
    trials: list[LocalTrial] = []
    for parameters in sorted(learner.parameters, key=lambda each: each["regularization"]):
        trials += _try_out(rows, learner, [parameters], step, log)
        if trials[-1].loss > min(trial.loss for trial in trials):
            break
    return trials


def _best(trials: Sequence[LocalTrial]) -> int:
    return min(range(len(trials)), key=lambda index: trials[index].loss)


def _try_out(
    rows: LocalRows,
    learner: Learner,
    parameters: Sequence[Mapping[str, float]],
    step: int,
    log: Logger,
) -> list[LocalTrial]:
    def fit(fold: Fold) -> Sequence[FoldFit]:
        return learner.fit(rows.sample(fold.fitted, step), fold.scored, parameters)

    with ThreadPoolExecutor(cpu_count()) as pool:
        by_fold = list(pool.map(fit, rows.folds))
    trials = [
        _trial(rows, learner.estimator, each, fits, partial=step > 1)
        for each, *fits in zip(parameters, *by_fold, strict=True)
    ]
    for trial in trials:
        given = "".join(
            f", {name.replace('_', ' ')} {value:.4g}" for name, value in trial.parameters.items()
        )
        log.info(
            "%s%s: loss %.4g after %s iterations",
            trial.estimator.replace("_", " "),
            given,
            trial.loss,
            trial.iterations,
        )
    return trials


def _trial(
    rows: LocalRows,
    estimator: EstimatorName,
    parameters: Mapping[str, float],
    fits: Sequence[FoldFit],
    *,
    partial: bool,
) -> LocalTrial:
    sizes = np.array([len(fold.scored) for fold in rows.folds], float)
    by_fold = [fit.losses() for fit in fits]
    counts = sorted({count for losses in by_fold for count in losses})
    if all(len(losses) == 1 for losses in by_fold):
        counts = counts[-1:]  # where the fits ended by themselves
    # a fit that ended before has the loss of its end
    losses = [
        float(sizes @ [each[_latest(each, count)] for each in by_fold]) / sizes.sum()
        for count in counts
    ]
    finite = np.where(np.isfinite(losses), losses, np.inf)
    best = counts[int(np.argmin(finite))]
    margins = [fit.margins(_latest(each, best)) for fit, each in zip(fits, by_fold, strict=True)]
    single = fits[0] if len(fits) == 1 else None
    return LocalTrial(
        estimator=estimator,
        parameters=parameters,
        iterations=best,
        converged=all(fit.converged for fit in fits),
        stopped_early=best < counts[-1],
        partial=partial,
        scored=np.concatenate([fold.scored for fold in rows.folds]),
        margins=np.concatenate(margins),
        loss=float(finite.min()),
        model=single.model(best) if isinstance(single, _LinearFoldFit) else None,
        sample_loss=float(finite.min()) if partial else inf,
    )


def _latest(losses: Mapping[int, float], count: int) -> int:
    return max((each for each in losses if each <= count), default=min(losses))
