"""Fit trials on the training split and score them on the validation split."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from logging import Logger
from math import inf
from typing import Any, cast

from pyspark import inheritable_thread_target
from pyspark.ml.base import Estimator
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from spark_jobs.columns import SPLIT
from spark_jobs.evaluation.scores import SCORES, Scores
from spark_jobs.learning.estimators import Trial
from spark_jobs.learning.featurization import sample_vectors
from spark_jobs.learning.figures import FitFigures, TrialFigures
from spark_jobs.learning.label_encoding import LabelEncoding
from spark_jobs.learning.split import TRAIN, VALIDATION
from spark_jobs.runtime.job import Stopwatch

FLAT_ITERATIONS = 20  # at the end of a fit, or half of its iterations if these are fewer
FLAT_SHARE = 5e-3  # of the initial objective


@dataclass(frozen=True)
class FittedTrial:
    """A fitted model, its parameters, how its fit went, and its scores on the validation split."""

    model: Any
    parameters: Mapping[str, float]
    fit: FitFigures
    scores: Scores

    def figures(self) -> TrialFigures:
        return cast("TrialFigures", {**self.parameters, **self.scores, **self.fit})

    def loss(self, metric: str) -> float:
        """Return the score of that name, or infinity if it is not finite."""
        value = cast("Mapping[str, float | None]", self.scores)[metric]
        return inf if value is None else value


def fit_trials(
    vectors: DataFrame,
    trials: Sequence[Trial],
    encoding: LabelEncoding,
    *,
    parallel: int,
    sampling_step: int,
    stopwatch: Stopwatch,
    log: Logger,
) -> list[FittedTrial]:
    """Return each trial fitted, in their order; `parallel` of them are fitted at a time.

    Trials with a short form are first fitted in that form, on one row of `sampling_step`. Then the
    best one is fitted in full on all rows, until the best one is one that was fitted in full. So
    each that was not is worse than one that was.
    """
    train = encoding.for_fit(vectors.where(F.col(SPLIT) == TRAIN))
    sample = sample_vectors(train, sampling_step)
    validation = vectors.where(F.col(SPLIT) == VALIDATION)
    several = len(trials) > 1

    def fit(trial: Trial, estimator: Estimator[Any], rows: DataFrame) -> FittedTrial:
        model = estimator.fit(rows)
        scores = SCORES[encoding.problem](encoding.scored(model.transform(validation)))
        fitted = FittedTrial(
            model, trial.parameters, _fit_figures(model, early=trial.early), scores
        )
        log.info("%s", _format_figures(fitted.figures()))
        return fitted

    def fit_first(trial: Trial) -> FittedTrial:
        if several and trial.short:
            return fit(trial, trial.short, sample)
        return fit(trial, trial.estimator, train)

    in_session: Any = inheritable_thread_target(vectors.sparkSession)
    with stopwatch.phase("tune"), ThreadPoolExecutor(parallel) as pool:
        fitted = list(pool.map(in_session(fit_first), trials))
    is_partial = [
        several and trial.short is not None and (sampling_step > 1 or not has_ended(each.model))
        for trial, each in zip(trials, fitted, strict=True)
    ]
    while is_partial[best := _best(fitted, encoding.selection_metric)]:
        is_partial[best] = False
        with stopwatch.phase("fit"):
            fitted[best] = fit(trials[best], trials[best].estimator, train)
    return fitted


def _best(fitted: Sequence[FittedTrial], metric: str) -> int:
    return min(range(len(fitted)), key=lambda index: fitted[index].loss(metric))


def has_ended(model: Any) -> bool:
    """Return whether a fit stopped before its last iteration; a forest has no iterations."""
    return not model.hasParam("maxIter") or model.summary.totalIterations < model.getMaxIter()


def _fit_figures(model: Any, *, early: bool) -> FitFigures:
    if not model.hasParam("maxIter"):
        return {"converged": True}
    ended = has_ended(model)
    figures: FitFigures = {
        "iterations": model.summary.totalIterations,
        "converged": ended or is_flat(model.summary.objectiveHistory),
    }
    if early:
        figures["stopped_early"] = not ended
    return figures


def is_flat(history: Sequence[float]) -> bool:
    """Return whether the last iterations hardly lowered the objective."""
    before = history[-1 - min(FLAT_ITERATIONS, len(history) // 2)]
    return before - history[-1] <= FLAT_SHARE * abs(history[0])


def _format_figures(figures: TrialFigures) -> str:
    return ", ".join(
        f"{name.replace('_', ' ')} {value:.4g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in figures.items()
    )
