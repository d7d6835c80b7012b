"""Search for the best estimator on one featurizer's vectors, in the driver's memory."""

from collections.abc import Sequence
from dataclasses import dataclass
from logging import Logger
from typing import cast

from pyspark.ml import Transformer
from pyspark.sql import DataFrame
from threadpoolctl import threadpool_limits

from spark_jobs.contract import BINARY
from spark_jobs.learning.boosted_trees import BoostedTrees
from spark_jobs.learning.feature_blocks import FeatureBlock
from spark_jobs.learning.feature_importance import FittedWeights
from spark_jobs.learning.feature_statistics import FeatureStatistics, statistics_of_matrix
from spark_jobs.learning.figures import TrialFigures
from spark_jobs.learning.label_encoding import LabelEncoding
from spark_jobs.learning.learners import Model, make_learners
from spark_jobs.learning.local_rows import collect_rows
from spark_jobs.learning.local_tuning import LocalTrial, compare
from spark_jobs.learning.margins import calibration, decision_threshold, scores
from spark_jobs.learning.mllib_models import linear_stages, tree_stages
from spark_jobs.learning.params import ModelParams
from spark_jobs.runtime.job import Stopwatch

# The sums of several threads depend on their number, but a version means one result. And the
# threads of NumPy's and of SciPy's linear algebra wait for each other when used in turn.
ONE_THREAD, BLAS = 1, "blas"


@dataclass(frozen=True)
class LocalFit:
    """The best trial, fitted to all rows; its scores are those before, on other rows."""

    stages: Sequence[Transformer]
    figures: TrialFigures
    weights: FittedWeights


class LocalSearch:
    """Compares all trials when it is made.

    Args:
        vectors: with `_side`, `_label`, `_weight`, `features` and `row_id`.
        blocks: of the vectors.
        encoding: of the label.
        params: of the model.
        to_beat: see `compare`.
        stopwatch: of the job.
        log: of the job.
    """

    def __init__(
        self,
        vectors: DataFrame,
        blocks: Sequence[FeatureBlock],
        encoding: LabelEncoding,
        params: ModelParams,
        *,
        to_beat: float,
        stopwatch: Stopwatch,
        log: Logger,
    ) -> None:
        self._spark, self._encoding, self._params = vectors.sparkSession, encoding, params
        self._size = blocks[-1].indices.stop
        with stopwatch.phase("featurize"):  # computed as they are collected
            self._rows = collect_rows(vectors, self._size)
        with stopwatch.phase("tune"):
            hashed = any(block.hashed for block in blocks)
            learners = make_learners(self._rows, encoding, params, hashed=hashed)
            with threadpool_limits(ONE_THREAD, BLAS):
                trials = compare(self._rows, learners, log, to_beat=to_beat)
        self.lowest_sample_loss = min(each.sample_loss for each in trials)
        self._best = min(trials, key=lambda trial: trial.loss)
        self.lowest_loss = self._best.loss
        self.figures = [self._figures(trial) for trial in trials]

    def fit_best(self) -> LocalFit:
        best, problem = self._best, self._encoding.problem
        labels, weights = self._rows.labels[best.scored], self._rows.weights[best.scored]
        factor, offset = calibration(problem, best.margins, labels, weights)
        margins = best.margins * factor + offset
        threshold = decision_threshold(self._params["threshold"], margins, labels, weights)
        with threadpool_limits(ONE_THREAD, BLAS):
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
        del self._rows, self._best

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
