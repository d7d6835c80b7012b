"""Candidates: each featurizer with each parameter of the estimator, fitted and compared."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from logging import Logger
from math import inf

from pyspark.ml import Transformer
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from spark_jobs.columns import SPLIT
from spark_jobs.contract import ColumnRules
from spark_jobs.learning.estimators import make_trials
from spark_jobs.learning.feature_blocks import FeatureBlock, block_at, feature_blocks
from spark_jobs.learning.feature_importance import importance_figures
from spark_jobs.learning.feature_statistics import compute_feature_statistics
from spark_jobs.learning.features import Featurizer, make_featurizer
from spark_jobs.learning.featurization import FeaturizedRows, featurize
from spark_jobs.learning.figures import CandidateFigures, ImportanceFigures
from spark_jobs.learning.label_encoding import LabelEncoding
from spark_jobs.learning.memory_limits import (
    check_feature_count,
    parallel_fits,
    sampling_step,
    text_dimensions,
)
from spark_jobs.learning.params import FeaturizerSettings, ModelParams
from spark_jobs.learning.split import TRAIN
from spark_jobs.learning.tuning import FittedTrial, fit_trials
from spark_jobs.learning.vocabulary import terms_by_index
from spark_jobs.runtime.job import JobError, Stopwatch


@dataclass(frozen=True)
class TrainingData:
    """The encoded rows of the training and the validation split, and the rules of their columns."""

    rows: DataFrame
    row_count: int
    columns: Mapping[str, ColumnRules]
    encoding: LabelEncoding


@dataclass(frozen=True)
class Candidate:
    """A fitted featurizer, and a fitted estimator on its vectors."""

    settings: FeaturizerSettings
    stages: Sequence[Transformer]
    fitted: FittedTrial

    def figures(self) -> CandidateFigures:
        return {"featurizer": self.settings["index"], **self.fitted.figures()}


def train_candidates(
    data: TrainingData, params: ModelParams, stopwatch: Stopwatch, log: Logger
) -> tuple[list[Candidate], ImportanceFigures]:
    """Return all candidates in the order of the parameters, and the figures of the best's features.

    Only one featurizer's vectors are kept at a time.

    Raises:
        JobError: no fit is possible.
    """
    metric = data.encoding.selection_metric
    order_rows = data.row_count if params["estimator"] == "random_forest" else None
    candidates: list[Candidate] = []
    importance: ImportanceFigures = {}
    for settings in _featurizer_settings(params, len(data.encoding.classes)):
        log.info("featurizer %s", ", ".join(f"{key} {value}" for key, value in settings.items()))
        with ExitStack() as cache:
            with stopwatch.phase("featurize"):
                featurizer = make_featurizer(data.columns, settings)
                featurized = featurize(data.rows, featurizer, order_rows, cache)
            blocks = feature_blocks(data.columns, settings, featurized.stages)
            fitted = _fit(
                data,
                params,
                settings,
                featurized.vectors,
                size=blocks[-1].indices.stop,
                stopwatch=stopwatch,
                log=log,
            )
            candidates += [Candidate(settings, featurized.stages, each) for each in fitted]
            best = _lowest_loss(candidates, metric)
            if best.settings is settings:  # explained now, while its vectors are kept
                with stopwatch.phase("explain"):
                    importance = _explain(data, featurizer, featurized, blocks, best.fitted)
    return candidates, importance


def best_candidate(candidates: Sequence[Candidate], metric: str) -> Candidate:
    """Return the candidate with the lowest loss, the first of several.

    Args:
        candidates: at least one.
        metric: the score that is the loss.

    Raises:
        JobError: no loss is finite.
    """
    best = _lowest_loss(candidates, metric)
    if best.fitted.loss(metric) < inf:
        return best
    advice = "set `min` and `max` of the columns, so that rows with extreme numbers are rejected"
    if "regularization" in best.fitted.parameters:
        advice = "set larger values of `regularization`"
    raise JobError(
        f"no candidate has a finite {metric.replace('_', ' ')}, so none can be chosen: {advice}"
    )


def _lowest_loss(candidates: Sequence[Candidate], metric: str) -> Candidate:
    return min(candidates, key=lambda candidate: candidate.fitted.loss(metric))


def _featurizer_settings(params: ModelParams, classes: int) -> list[FeaturizerSettings]:
    return [
        {
            "index": index,
            **given,
            "dimensions": text_dimensions(given, params["estimator"], classes),
        }
        for index, given in enumerate(params["featurizers"])
    ]


def _fit(
    data: TrainingData,
    params: ModelParams,
    settings: FeaturizerSettings,
    vectors: DataFrame,
    *,
    size: int,
    stopwatch: Stopwatch,
    log: Logger,
) -> list[FittedTrial]:
    """Fit the estimator with each of its parameters to vectors of that size."""
    spark, classes = data.rows.sparkSession, len(data.encoding.classes)
    check_feature_count(spark, params["estimator"], size, classes)
    equal_weights = settings["text"] == "hashing_tf"
    trials = make_trials(
        params,
        data.encoding.problem,
        size,
        equal_weights=equal_weights,
        class_weights=data.encoding.class_weights,
    )
    step = sampling_step(data.row_count) if trials[0].short else 1
    return fit_trials(
        vectors,
        trials,
        data.encoding,
        parallel=parallel_fits(spark, data.row_count // step, size, classes),
        sampling_step=step,
        stopwatch=stopwatch,
        log=log,
    )


def _explain(
    data: TrainingData,
    featurizer: Featurizer,
    featurized: FeaturizedRows,
    blocks: Sequence[FeatureBlock],
    fitted: FittedTrial,
) -> ImportanceFigures:
    """Return the figures of the features of a model that was fitted to these vectors."""
    train = featurized.vectors.where(F.col(SPLIT) == TRAIN)
    statistics = compute_feature_statistics(train, data.encoding.problem)

    def look_up_terms(indices: Sequence[int]) -> dict[int, str]:
        terms: dict[int, str] = {}
        for block in blocks:
            if block.hashed:
                block_indices = [index for index in indices if block_at(blocks, index) is block]
                terms |= terms_by_index(
                    data.rows, featurized.prepared, featurizer.row_stages, block, block_indices
                )
        return terms

    return importance_figures(
        fitted.model, data.encoding.classes, blocks, statistics, look_up_terms
    )
