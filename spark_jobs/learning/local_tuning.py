"""Compare the parameters of learners on rows that they were not fitted on."""

from collections.abc import Mapping, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from dataclasses import dataclass
from logging import Logger
from os import cpu_count
from threading import Event

import numpy as np

from spark_jobs.learning.learners import FoldFit, Learner, Model, Parameters
from spark_jobs.learning.linear_fit import LinearModel
from spark_jobs.learning.local_rows import Fold, Indices, LocalRows, Numbers


@dataclass(frozen=True, eq=False)
class LocalTrial:
    """A learner with one of its parameters, compared on rows that it was not fitted on.

    `iterations` are those with the least loss. The fit used one row of `step`.
    `margins` are of the rows at `scored`. `model` is the fit, if there was one fold
    and it was stopped early.
    """

    learner: Learner
    parameters: Parameters
    iterations: int
    converged: bool
    stopped_early: bool
    step: int
    scored: Indices
    margins: Numbers
    loss: float
    model: LinearModel | None = None

    def refit(self) -> Model:
        """Fit to all rows as this trial did to some."""
        iterations = self.iterations if self.stopped_early else None
        return self.learner.refit(self.parameters, iterations, self.model)


@dataclass(frozen=True)
class Tuner:
    """Compares the parameters of learners on the same rows.

    Args:
        name: of the comparison in the log.
        rows: to fit and to score.
        stop: when it is set, no other fit begins.
        log: of the job.
    """

    name: str
    rows: LocalRows
    stop: Event
    log: Logger

    def compare(self, learners: Sequence[Learner]) -> list[LocalTrial]:
        """Return the trials of the learners' parameters; of one learner or more.

        Where there are several and many rows, all are fitted to a sample. Penalties of wide vectors
        are tried from the smallest on, until the loss rises.
        """
        several = sum(len(learner.parameters) for learner in learners) > 1
        step = max(learner.sampling_step for learner in learners) if several else 1
        return [trial for learner in learners for trial in self._try_in_turn(learner, step)]

    def complete(self, trials: Sequence[LocalTrial]) -> list[LocalTrial]:
        """Return the trials with the best one fitted in full.

        It is often no longer the best then, and so is the next one, until the best one is one that
        was fitted in full.
        """
        completed = list(trials)
        while (best := best_trial(completed)).step > 1:
            (full,) = self._try_out(best.learner, [best.parameters], 1)
            completed[completed.index(best)] = full
        return completed

    def _try_in_turn(self, learner: Learner, step: int) -> list[LocalTrial]:
        if not learner.slow:
            return self._try_out(learner, learner.parameters, step)
        by_elastic_net: dict[float, list[LocalTrial]] = {}
        for parameters in sorted(learner.parameters, key=lambda each: each["regularization"]):
            trials = by_elastic_net.setdefault(parameters.get("elastic_net", 0.0), [])
            if not trials or trials[-1].loss <= min(trial.loss for trial in trials):
                trials += self._try_out(learner, [parameters], step)
        return [trial for trials in by_elastic_net.values() for trial in trials]

    def _try_out(
        self, learner: Learner, parameters: Sequence[Parameters], step: int
    ) -> list[LocalTrial]:
        rows = self.rows
        if self.stop.is_set():
            raise CancelledError

        def fit(fold: Fold) -> Sequence[FoldFit]:
            return learner.fit(rows.sample(fold.fitted, step), fold.scored, parameters)

        with ThreadPoolExecutor(cpu_count()) as pool:
            by_fold = list(pool.map(fit, rows.folds))
        trials = [
            _trial(rows, learner, each, fits, step=step)
            for each, *fits in zip(parameters, *by_fold, strict=True)
        ]
        for trial in trials:
            given = "".join(
                f", {name.replace('_', ' ')} {value:.4g}"
                for name, value in trial.parameters.items()
            )
            self.log.info(
                "%s: %s%s: loss %.4g after %s iterations",
                self.name,
                learner.estimator.replace("_", " "),
                given,
                trial.loss,
                trial.iterations,
            )
        return trials


def best_trial(trials: Sequence[LocalTrial]) -> LocalTrial:
    """Return the trial with the least loss, the first one of several."""
    return min(trials, key=lambda trial: trial.loss)


def _trial(
    rows: LocalRows,
    learner: Learner,
    parameters: Parameters,
    fits: Sequence[FoldFit],
    *,
    step: int,
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
    stopped_early = best < counts[-1]
    return LocalTrial(
        learner=learner,
        parameters=parameters,
        iterations=best,
        converged=all(fit.converged for fit in fits),
        stopped_early=stopped_early,
        step=step,
        scored=np.concatenate([fold.scored for fold in rows.folds]),
        margins=np.concatenate(margins),
        loss=float(finite.min()),
        model=single.linear_model(best) if single and stopped_early else None,
    )


def _latest(losses: Mapping[int, float], count: int) -> int:
    return max((each for each in losses if each <= count), default=min(losses))
