"""Search for the best estimator on one featurizer's vectors, as jobs of Spark."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from logging import Logger
from math import inf
from typing import Any, cast

import numpy as np
from pyspark.ml import PipelineModel, Transformer
from pyspark.ml.base import Estimator
from pyspark.ml.classification import LogisticRegressionModel
from pyspark.ml.regression import LinearRegressionModel
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from scipy.special import logit

from spark_jobs.columns import LABEL, SPLIT, WEIGHT
from spark_jobs.contract import BINARY
from spark_jobs.evaluation.scores import SCORES, Scores
from spark_jobs.learning.class_weights import calibration_stages, with_threshold
from spark_jobs.learning.estimators import Trial, make_trials
from spark_jobs.learning.feature_importance import FittedWeights
from spark_jobs.learning.feature_statistics import (
    FeatureStatistics,
    compute_feature_statistics,
)
from spark_jobs.learning.featurization import checkpointed, in_order, sample_vectors
from spark_jobs.learning.figures import FitFigures, TrialFigures
from spark_jobs.learning.label_encoding import LabelEncoding, positive_probability
from spark_jobs.learning.linear_fit import is_flat
from spark_jobs.learning.margins import decision_threshold
from spark_jobs.learning.memory_limits import check_feature_count, parallel_fits, sampling_step
from spark_jobs.learning.params import ModelParams
from spark_jobs.learning.split import TRAIN, VALIDATION
from spark_jobs.learning.threads import call_together
from spark_jobs.runtime.job import Stopwatch

MAX_THRESHOLD_ROWS = 100_000  # of the validation split, which choose a threshold
NO_ROWS = np.empty(0), np.empty(0)  # their labels and weights


@dataclass(frozen=True)
class FittedTrial:
    """A trial, its fitted model, how its fit went, and its scores on the validation split."""

    trial: Trial
    model: Any
    fit: FitFigures
    scores: Scores

    def figures(self) -> TrialFigures:
        return cast(
            "TrialFigures",
            {
                "estimator": self.trial.name,
                **self.trial.parameters,
                **self.scores,
                **self.fit,
            },
        )

    def loss(self, metric: str) -> float:
        """Return the score of that name, or infinity if it is not finite."""
        value = cast("Mapping[str, float | None]", self.scores)[metric]
        return inf if value is None else value


@dataclass(frozen=True)
class SparkFit:
    """The best trial, fitted to both splits; its scores are those of the fit before."""

    stages: Sequence[Transformer]
    figures: TrialFigures
    weights: FittedWeights


class SparkSearch:
    """Fits all trials when it is made, and keeps the vectors until it is closed.

    Args:
        vectors: with `_side`, `_label`, `_weight`, `features` and `row_id`.
        size: length of the vectors.
        rows: their number.
        encoding: of the label.
        params: of the model.
        equal_weights: whether rare and frequent terms have equal weight.
        stopwatch: of the job.
        log: of the job.

    Raises:
        JobError: a fit needs too much time or memory.
    """

    def __init__(
        self,
        vectors: DataFrame,
        size: int,
        rows: int,
        encoding: LabelEncoding,
        params: ModelParams,
        *,
        equal_weights: bool,
        stopwatch: Stopwatch,
        log: Logger,
    ) -> None:
        spark, classes = vectors.sparkSession, len(encoding.classes)
        self._encoding, self._params = encoding, params
        self._cache = ExitStack()
        trials = make_trials(
            params,
            encoding.problem,
            size,
            equal_weights=equal_weights,
            class_weights=encoding.class_weights,
            is_weighted=encoding.is_weighted,
        )
        check_feature_count(spark, trials[0].name, size, classes)
        if trials[0].name != encoding.linear_estimator:  # trees depend on the order of the rows
            vectors = in_order(vectors, rows)
        with stopwatch.phase("featurize"):
            # otherwise each pass of a fit carries the whole plan before it
            self._vectors = self._cache.enter_context(checkpointed(vectors))
        step = sampling_step(rows) if trials[0].short else 1
        parallel = parallel_fits(spark, rows // step, size, classes)
        with stopwatch.phase("tune"):
            fitted = fit_trials(
                self._vectors, trials, encoding, parallel=parallel, sampling_step=step, log=log
            )
        self._best = fitted[_best(fitted, encoding.selection_metric)]
        self.lowest_loss = self._best.loss(encoding.selection_metric)
        self.figures = [each.figures() for each in fitted]

    @property
    def step(self) -> int:
        return 1

    def complete(self) -> None:
        """Do nothing: the best trial was fitted in full."""

    def fit_best(self) -> SparkFit:
        best = self._best
        figures = best.figures()
        threshold = None
        if self._encoding.problem == BINARY:
            threshold = figures["threshold"] = self._threshold(best.model)
        known = self._vectors.where(F.col(LABEL).isNotNull())
        model = best.trial.estimator.fit(self._encoding.for_fit(known))
        if threshold is not None:
            model = with_threshold(model, self._encoding.class_weights, threshold)
        stages = [model, *calibration_stages(self._encoding.class_weights)]
        return SparkFit(stages, figures, FittedWeights.of_model(model))

    def feature_statistics(self) -> FeatureStatistics:
        return compute_feature_statistics(self._vectors, self._encoding.problem)

    def close(self) -> None:
        self._cache.close()

    def _threshold(self, model: Any) -> float:
        if self._params["threshold"] != "f1":
            return decision_threshold(self._params["threshold"], np.empty((0, 1)), *NO_ROWS)
        validated = _validated(model, self._vectors, self._encoding)
        scored = validated.select(F.col(LABEL), F.col(WEIGHT), positive_probability())
        table = scored.limit(MAX_THRESHOLD_ROWS).toArrow()
        margins = logit(table["probability"].to_numpy())[:, None]
        return decision_threshold("f1", margins, table[LABEL].to_numpy(), table[WEIGHT].to_numpy())


def fit_trials(
    vectors: DataFrame,
    trials: Sequence[Trial],
    encoding: LabelEncoding,
    *,
    parallel: int,
    sampling_step: int,
    log: Logger,
) -> list[FittedTrial]:
    """Return each trial fitted, in their order; `parallel` of them are fitted at the same
    time.

    Trials with a short form are first fitted in that form, on one row of `sampling_step`. Then the
    best one is fitted in full on all rows of the training split, until the best one is one that was
    fitted in full. So each that was not is worse than one that was.
    """
    train = encoding.for_fit(vectors.where(F.col(SPLIT) == TRAIN))
    sample = sample_vectors(train, sampling_step)
    several = len(trials) > 1

    def fit(trial: Trial, estimator: Estimator[Any], rows: DataFrame) -> FittedTrial:
        model = estimator.fit(rows)
        scored = encoding.scored(_validated(model, vectors, encoding))
        scores = SCORES[encoding.problem](scored)
        fitted = FittedTrial(trial, model, _fit_figures(model, early=trial.early), scores)
        log.info("%s", _format_figures(fitted.figures()))
        return fitted

    def fit_first(trial: Trial) -> FittedTrial:
        if several and trial.short:
            return fit(trial, trial.short, sample)
        return fit(trial, trial.estimator, train)

    fits = [partial(fit_first, trial) for trial in trials]
    fitted = call_together(vectors.sparkSession, fits, threads=parallel)
    is_partial = [
        several and trial.short is not None and (sampling_step > 1 or not has_ended(each.model))
        for trial, each in zip(trials, fitted, strict=True)
    ]
    while is_partial[best := _best(fitted, encoding.selection_metric)]:
        is_partial[best] = False
        fitted[best] = fit(trials[best], trials[best].estimator, train)
    return fitted


def _validated(model: Any, vectors: DataFrame, encoding: LabelEncoding) -> DataFrame:
    """Return the rows of the validation split with the output of the model, calibrated."""
    predicted = model.transform(vectors.where(F.col(SPLIT) == VALIDATION))
    return PipelineModel(calibration_stages(encoding.class_weights)).transform(predicted)


def _best(fitted: Sequence[FittedTrial], metric: str) -> int:
    return min(range(len(fitted)), key=lambda index: fitted[index].loss(metric))


def has_ended(model: Any) -> bool:
    """Return whether a fit stopped before its last iteration; trees always have."""
    return not _has_summary(model) or model.summary.totalIterations < model.getMaxIter()


def _has_summary(model: Any) -> bool:
    return isinstance(model, LogisticRegressionModel | LinearRegressionModel)


def _fit_figures(model: Any, *, early: bool) -> FitFigures:
    if not _has_summary(model):
        return {"converged": True}
    ended = has_ended(model)
    figures: FitFigures = {
        "iterations": model.summary.totalIterations,
        "converged": ended or is_flat(model.summary.objectiveHistory),
    }
    if early:
        figures["stopped_early"] = not ended
    return figures


def _format_figures(figures: TrialFigures) -> str:
    return ", ".join(
        f"{name.replace('_', ' ')} {value:.4g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in figures.items()
    )
