"""Fits candidates on the training side and scores them on the validation side."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from logging import Logger
from math import inf
from typing import Any

from pyspark import inheritable_thread_target
from pyspark.ml.base import Estimator
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from spark_jobs.evaluation.scores import SCORES, Scores
from spark_jobs.learning.estimators import Trial
from spark_jobs.learning.split import TRAIN, VALIDATION
from spark_jobs.learning.target import Target
from spark_jobs.learning.vectors import thinned
from spark_jobs.names import SIDE
from spark_jobs.runtime.job import Stopwatch

LOOK_BACK = 20  # iterations, or half of them if there are fewer
FLAT = 5e-3  # of the objective at the beginning


@dataclass(frozen=True)
class Candidate:
    """A fitted model, its parameters, how its fit went, and its figures on the validation side."""

    model: Any
    parameters: Mapping[str, float]
    fit: Mapping[str, Any]
    scores: Scores

    def figures(self) -> dict[str, Any]:
        """What the report says of it."""
        return {**self.parameters, **self.scores, **self.fit}

    def loss(self, decisive: str) -> float:
        """The figure that chooses; infinite where there is none."""
        value = self.scores[decisive]
        return inf if value is None else value


def tune(
    vectors: DataFrame,
    trials: Sequence[Trial],
    target: Target,
    *,
    at_once: int,
    one_row_of: int,
    watch: Stopwatch,
    log: Logger,
) -> list[Candidate]:
    """One candidate for each trial, in their order; `at_once` of them are fitted at a time.

    Trials that have a short form are fitted in that first, on one row of so many. Then the best of
    all is fitted to its end on all rows, until the best of all is one that was. So each that is not
    is worse than one that is.
    """
    train = target.with_classes(vectors.where(F.col(SIDE) == TRAIN))
    fewer = thinned(train, one_row_of)
    validation = vectors.where(F.col(SIDE) == VALIDATION)
    several = len(trials) > 1

    def candidate(trial: Trial, estimator: Estimator[Any], rows: DataFrame) -> Candidate:
        model = estimator.fit(rows)
        scores = SCORES[target.problem](target.scored(model.transform(validation)))
        found = Candidate(model, trial.parameters, _fit(model, early=trial.early), scores)
        log.info("%s", _told(found.figures()))
        return found

    def first(trial: Trial) -> Candidate:
        if several and trial.short:
            return candidate(trial, trial.short, fewer)
        return candidate(trial, trial.estimator, train)

    in_session: Any = inheritable_thread_target(vectors.sparkSession)
    with watch.phase("tune"), ThreadPoolExecutor(at_once) as pool:
        found = list(pool.map(in_session(first), trials))
    cut = [
        several and trial.short is not None and (one_row_of > 1 or not has_ended(each.model))
        for trial, each in zip(trials, found, strict=True)
    ]
    while cut[best := _best(found, target.decisive)]:
        cut[best] = False
        with watch.phase("fit"):
            found[best] = candidate(trials[best], trials[best].estimator, train)
    return found


def _best(candidates: Sequence[Candidate], decisive: str) -> int:
    return min(range(len(candidates)), key=lambda place: candidates[place].loss(decisive))


def has_ended(model: Any) -> bool:
    """Whether a fit stopped before its last iteration; a forest has none."""
    return not model.hasParam("maxIter") or model.summary.totalIterations < model.getMaxIter()


def _fit(model: Any, *, early: bool) -> dict[str, Any]:
    """The iterations of a regression, and whether they came to an end, or were to be stopped."""
    if not model.hasParam("maxIter"):
        return {"converged": True}
    return {
        "iterations": model.summary.totalIterations,
        "converged": has_ended(model) or is_flat(model.summary.objectiveHistory),
        **({"stopped_early": not has_ended(model)} if early else {}),
    }


def is_flat(history: Sequence[float]) -> bool:
    """Whether the last iterations brought the objective down by next to nothing."""
    before = history[-1 - min(LOOK_BACK, len(history) // 2)]
    return before - history[-1] <= FLAT * abs(history[0])


def _told(figures: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{name.replace('_', ' ')} {value:.4g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in figures.items()
    )
