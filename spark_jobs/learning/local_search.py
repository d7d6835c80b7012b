"""Search for the best estimator on one featurizer's vectors, in the driver's memory."""

from collections.abc import Sequence
from concurrent.futures import Executor
from contextlib import nullcontext
from dataclasses import dataclass
from logging import Logger
from threading import Event, Lock
from typing import cast

from pyspark.ml import Transformer
from pyspark.sql import DataFrame

from spark_jobs.contract import BINARY
from spark_jobs.learning.boosted_trees import BoostedTrees
from spark_jobs.learning.feature_blocks import FeatureBlock
from spark_jobs.learning.feature_importance import FittedWeights
from spark_jobs.learning.feature_statistics import FeatureStatistics, statistics_of_matrix
from spark_jobs.learning.figures import TrialFigures
from spark_jobs.learning.label_encoding import LabelEncoding
from spark_jobs.learning.learners import Model, make_learners
from spark_jobs.learning.local_rows import MAX_ELEMENTS, collect_rows
from spark_jobs.learning.local_tuning import LocalTrial, Tuner, best_trial
from spark_jobs.learning.margins import calibration, decision_threshold, scores
from spark_jobs.learning.mllib_models import linear_stages, tree_stages
from spark_jobs.learning.params import ModelParams

# Two comparisons may run at the same time, but the memory is for one fit of the most elements.
LARGE_COMPARISON = Lock()


@dataclass(frozen=True)
class LocalFit:
    """The best trial, fitted to all rows; its scores are those before, on other rows."""

    stages: Sequence[Transformer]
    figures: TrialFigures
    weights: FittedWeights


class LocalSearch:
    """Collects the vectors when it is made, and compares the trials in a thread.

    Args:
        name: of the search in the log.
        vectors: with `_side`, `_label`, `_weight`, `features` and `row_id`.
        blocks: of the vectors.
        encoding: of the label.
        params: of the model.
        pool: with the thread.
        stop: when it is set, the thread ends.
        log: of the job.
    """

    def __init__(
        self,
        name: str,
        vectors: DataFrame,
        blocks: Sequence[FeatureBlock],
        encoding: LabelEncoding,
        params: ModelParams,
        *,
        pool: Executor,
        stop: Event,
        log: Logger,
    ) -> None:
        self._spark, self._encoding, self._params = vectors.sparkSession, encoding, params
        self._size = blocks[-1].indices.stop
        self._hashed = any(block.hashed for block in blocks)
        self._rows = collect_rows(vectors, self._size)
        self._tuner = Tuner(name, self._rows, stop, log)
        self._compared = pool.submit(self._compare)
        self._completed: Sequence[LocalTrial] | None = None

    def _compare(self) -> Sequence[LocalTrial]:
        with LARGE_COMPARISON if self._rows.elements > MAX_ELEMENTS // 2 else nullcontext():
            learners = make_learners(self._rows, self._encoding, self._params, hashed=self._hashed)
            return self._tuner.compare(learners)

    @property
    def _trials(self) -> Sequence[LocalTrial]:
        return self._completed or self._compared.result()

    @property
    def _best(self) -> LocalTrial:
        return best_trial(self._trials)

    @property
    def lowest_loss(self) -> float:
        return self._best.loss

    @property
    def step(self) -> int:
        return self._best.step

    @property
    def figures(self) -> Sequence[TrialFigures]:
        return [self._figures(trial) for trial in self._trials]

    def complete(self) -> None:
        self._completed = self._tuner.complete(self._trials)

    def fit_best(self) -> LocalFit:
        best, problem = self._best, self._encoding.problem
        labels, weights = self._rows.labels[best.scored], self._rows.weights[best.scored]
        factor, offset = calibration(problem, best.margins, labels, weights)
        margins = best.margins * factor + offset
        threshold = decision_threshold(self._params["threshold"], margins, labels, weights)
        model = best.refit().adjusted(factor, offset)
        figures: TrialFigures = {
            **self._figures(best),
            **scores(
                problem,
                margins,
                labels,
                weights,
                deviation=self._encoding.deviation,
                threshold=threshold,
            ),
            "folds": len(self._rows.folds),
            "calibrated": (factor, offset) != (1.0, 0.0),
        }
        if problem == BINARY:
            figures["threshold"] = threshold
        return LocalFit(self._stages(model, threshold), figures, self._weights(model))

    def feature_statistics(self) -> FeatureStatistics:
        rows = self._rows
        return statistics_of_matrix(
            rows.features[rows.known], rows.labels[rows.known], self._encoding.problem
        )

    def close(self) -> None:
        del self._rows, self._tuner, self._compared, self._completed

    def _figures(self, trial: LocalTrial) -> TrialFigures:
        found = scores(
            self._encoding.problem,
            trial.margins,
            self._rows.labels[trial.scored],
            self._rows.weights[trial.scored],
            deviation=self._encoding.deviation,
        )
        figures = {
            "estimator": trial.learner.estimator,
            **trial.parameters,
            **found,
            "iterations": trial.iterations,
            "converged": trial.converged,
            **({"stopped_early": True} if trial.stopped_early else {}),
            **({"sampled": True} if trial.step > 1 else {}),
        }
        return cast("TrialFigures", figures)

    def _stages(self, model: Model, threshold: float) -> list[Transformer]:
        problem = self._encoding.problem
        if isinstance(model, BoostedTrees):
            return tree_stages(self._spark, model, self._size, problem, threshold)
        return linear_stages(self._spark, model, problem, threshold)

    def _weights(self, model: Model) -> FittedWeights:
        if isinstance(model, BoostedTrees):
            return FittedWeights(model.importances(self._size)[None], shares=True)
        return FittedWeights(model.coefficients, model.intercepts)
