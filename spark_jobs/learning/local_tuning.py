"""Compare the parameters of learners on rows that they were not fitted on."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from logging import Logger
from math import inf
from os import cpu_count

import numpy as np

from spark_jobs.learning.learners import FoldFit, Learner, Model, Parameters
from spark_jobs.learning.linear_fit import LinearModel
from spark_jobs.learning.local_rows import Fold, Indices, LocalRows, Numbers


@dataclass(frozen=True)
class LocalTrial:
    """A learner with one of its parameters, compared on rows that it was not fitted on.

    `iterations` are those with the least loss. If `partial`, the fit used a sample of the rows.
    `margins` are of the rows at `scored`. `model` is the fit, if there was one fold. `sample_loss`
    is the loss of the fit to a sample, infinite if there was none.
    """

    learner: Learner
    parameters: Parameters
    iterations: int
    converged: bool
    stopped_early: bool
    partial: bool
    scored: Indices
    margins: Numbers
    loss: float
    model: LinearModel | None = None
    sample_loss: float = inf

    def refit(self) -> Model:
        """Fit to all rows as this trial did to some."""
        iterations = self.iterations if self.stopped_early else None
        return self.learner.refit(self.parameters, iterations, self.model)


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
    trials = [trial for learner in learners for trial in _try_in_turn(rows, learner, step, log)]
    while trials[best := _best(trials)].partial and trials[best].loss <= to_beat:
        (full,) = _try_out(rows, trials[best].learner, [trials[best].parameters], 1, log)
        trials[best] = replace(full, sample_loss=trials[best].loss)
    return trials


def _try_in_turn(rows: LocalRows, learner: Learner, step: int, log: Logger) -> list[LocalTrial]:
    if not learner.slow:
        return _try_out(rows, learner, learner.parameters, step, log)
    by_elastic_net: dict[float, list[LocalTrial]] = {}
    for parameters in sorted(learner.parameters, key=lambda each: each["regularization"]):
        trials = by_elastic_net.setdefault(parameters.get("elastic_net", 0.0), [])
        if not trials or trials[-1].loss <= min(trial.loss for trial in trials):
            trials += _try_out(rows, learner, [parameters], step, log)
    return [trial for trials in by_elastic_net.values() for trial in trials]


def _best(trials: Sequence[LocalTrial]) -> int:
    return min(range(len(trials)), key=lambda index: trials[index].loss)


def _try_out(
    rows: LocalRows,
    learner: Learner,
    parameters: Sequence[Parameters],
    step: int,
    log: Logger,
) -> list[LocalTrial]:
    def fit(fold: Fold) -> Sequence[FoldFit]:
        return learner.fit(rows.sample(fold.fitted, step), fold.scored, parameters)

    with ThreadPoolExecutor(cpu_count()) as pool:
        by_fold = list(pool.map(fit, rows.folds))
    trials = [
        _trial(rows, learner, each, fits, partial=step > 1)
        for each, *fits in zip(parameters, *by_fold, strict=True)
    ]
    for trial in trials:
        given = "".join(
            f", {name.replace('_', ' ')} {value:.4g}" for name, value in trial.parameters.items()
        )
        log.info(
            "%s%s: loss %.4g after %s iterations",
            learner.estimator.replace("_", " "),
            given,
            trial.loss,
            trial.iterations,
        )
    return trials


def _trial(
    rows: LocalRows,
    learner: Learner,
    parameters: Parameters,
    fits: Sequence[FoldFit],
    *,
    partial: bool,
) -> LocalTrial:
    sizes = np.array([rows.weights[fold.scored].sum() for fold in rows.folds])
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
        learner=learner,
        parameters=parameters,
        iterations=best,
        converged=all(fit.converged for fit in fits),
        stopped_early=best < counts[-1],
        partial=partial,
        scored=np.concatenate([fold.scored for fold in rows.folds]),
        margins=np.concatenate(margins),
        loss=float(finite.min()),
        model=single.linear_model(best) if single else None,
        sample_loss=float(finite.min()) if partial else inf,
    )


def _latest(losses: Mapping[int, float], count: int) -> int:
    return max((each for each in losses if each <= count), default=min(losses))
