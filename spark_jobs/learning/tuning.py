"""Fits every candidate on the training side and scores it on the validation side."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from logging import Logger
from math import inf
from typing import Any

from pyspark import inheritable_thread_target
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from spark_jobs.figures.scores import SCORES, Scores
from spark_jobs.learning.estimators import Trial
from spark_jobs.learning.split import TRAIN, VALIDATION
from spark_jobs.learning.target import Target
from spark_jobs.names import SIDE

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
    vectors: DataFrame, trials: Sequence[Trial], target: Target, at_once: int, log: Logger
) -> list[Candidate]:
    """One candidate for each trial, in their order; `at_once` of them are fitted at a time."""
    train = vectors.where(F.col(SIDE) == TRAIN)
    validation = vectors.where(F.col(SIDE) == VALIDATION)

    def candidate(trial: Trial) -> Candidate:
        model = trial.estimator.fit(train)
        scores = SCORES[target.problem](target.scored(model.transform(validation)))
        found = Candidate(model, trial.parameters, _fit(model), scores)
        log.info("%s", _told(found.figures()))
        return found

    in_session: Any = inheritable_thread_target(vectors.sparkSession)
    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(in_session(candidate), trials))


def _fit(model: Any) -> dict[str, Any]:
    """The iterations of a regression, and whether they came to an end; a forest has none."""
    if not model.hasParam("maxIter"):
        return {"converged": True}
    iterations, history = model.summary.totalIterations, model.summary.objectiveHistory
    return {
        "iterations": iterations,
        "converged": iterations < model.getMaxIter() or is_flat(history),
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
