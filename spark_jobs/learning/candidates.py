"""Candidates: each featurizer with each combination of the estimators' parameters, compared.

Candidates learn from the training split and are compared on the validation split, or in folds of
both. The best is then fitted to both splits together.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from logging import Logger
from math import inf
from threading import Event
from typing import Protocol

from pyspark.ml import Transformer
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from threadpoolctl import threadpool_limits

from spark_jobs.aggregates import aggregate
from spark_jobs.contract import ColumnRules
from spark_jobs.learning.feature_blocks import FeatureBlock, block_at, feature_blocks
from spark_jobs.learning.feature_importance import FittedWeights, importance_figures
from spark_jobs.learning.feature_statistics import FeatureStatistics
from spark_jobs.learning.features import Featurizer, make_featurizer
from spark_jobs.learning.featurization import FeaturizedRows, featurize, prepare
from spark_jobs.learning.figures import CandidateFigures, ImportanceFigures, TrialFigures
from spark_jobs.learning.label_encoding import LabelEncoding
from spark_jobs.learning.local_rows import fits_in_driver
from spark_jobs.learning.local_search import LocalSearch
from spark_jobs.learning.memory_limits import MAX_TREE_CELLS, text_dimensions
from spark_jobs.learning.params import FeaturizerSettings, ModelParams
from spark_jobs.learning.spark_search import SparkSearch
from spark_jobs.learning.vocabulary import terms_by_index
from spark_jobs.runtime.job import JobError, Stopwatch

# Sums of several threads depend on the number of threads, but a version must be reproducible. Also,
# the thread pools of NumPy's and SciPy's linear algebra slow each other down when used in turn.
ONE_THREAD, BLAS = 1, "blas"
SEARCHES = 2  # in memory at the same time


@dataclass(frozen=True)
class TrainingData:
    """The encoded rows of the training and the validation split, and the rules of their columns."""

    rows: DataFrame
    row_count: int
    columns: Mapping[str, ColumnRules]
    encoding: LabelEncoding


@dataclass(frozen=True)
class TrainedModel:
    """The stages from the columns to a prediction, the figures of its fit, and all candidates."""

    stages: Sequence[Transformer]
    figures: TrialFigures
    featurizer: FeaturizerSettings
    features: int
    candidates: Sequence[CandidateFigures]
    importance: ImportanceFigures


class FinalFit(Protocol):
    """The best candidate of a search, fitted to the training and validation splits together."""

    @property
    def stages(self) -> Sequence[Transformer]: ...

    @property
    def figures(self) -> TrialFigures: ...

    @property
    def weights(self) -> FittedWeights: ...


class Search(Protocol):
    """The comparison of estimators and their parameters on one featurizer's vectors.

    It may run in a thread; the other members then wait until it is done.
    """

    @property
    def figures(self) -> Sequence[TrialFigures]: ...

    @property
    def lowest_loss(self) -> float: ...

    @property
    def step(self) -> int:
        """The best trial was fitted to every n-th row; 1 if to all."""
        ...

    def complete(self) -> None:
        """Fit the best trial without sampling, until the best one was fitted so."""
        ...

    def fit_best(self) -> FinalFit: ...

    def feature_statistics(self) -> FeatureStatistics: ...

    def close(self) -> None:
        """Give memory back."""
        ...


@dataclass(frozen=True)
class _SearchedFeaturizer:
    settings: FeaturizerSettings
    featurizer: Featurizer
    featurized: FeaturizedRows
    blocks: Sequence[FeatureBlock]
    search: Search

    def candidates(self) -> list[CandidateFigures]:
        return [{"featurizer": self.settings["index"], **each} for each in self.search.figures]


def train_best(
    data: TrainingData, params: ModelParams, stopwatch: Stopwatch, log: Logger
) -> TrainedModel:
    """Compare all candidates, and fit the best to the training and validation splits together.

    Raises:
        JobError: no fit is possible, or no candidate's loss is finite.
    """
    candidates: list[CandidateFigures] = []
    best: _SearchedFeaturizer | None = None
    with ExitStack() as cache:
        cache.enter_context(threadpool_limits(ONE_THREAD, BLAS))
        pool = cache.enter_context(ThreadPoolExecutor(SEARCHES))
        stop = Event()
        cache.callback(stop.set)  # before the pool waits for its threads
        prepared: dict[str, DataFrame] = {}
        for settings in featurizer_settings(params, len(data.encoding.classes), data.columns):
            log.info("featurizer %s", _format(settings))
            with stopwatch.phase("featurize"):
                featurizer = make_featurizer(data.columns, settings)
                key = featurizer.row_key
                if key not in prepared:
                    prepared[key] = prepare(data.rows, featurizer, cache)
                featurized = featurize(prepared[key], featurizer)
            blocks = feature_blocks(data.columns, settings, featurized.stages)
            search = _search(
                data,
                params,
                settings,
                featurized,
                blocks,
                pool=pool,
                stop=stop,
                stopwatch=stopwatch,
                log=log,
            )
            other = _SearchedFeaturizer(settings, featurizer, featurized, blocks, search)
            if best is None:
                best = other  # not waited for, so that the next featurizer runs at the same time
                continue
            with stopwatch.phase("tune"):
                other_wins = is_better(other.search, best.search)
                best, worse = (other, best) if other_wins else (best, other)
            candidates += worse.candidates()
            worse.search.close()
        assert best, "there is at least one featurizer"
        with stopwatch.phase("tune"):
            best.search.complete()
        candidates += best.candidates()
        candidates.sort(key=lambda candidate: candidate["featurizer"])
        if best.search.lowest_loss == inf:
            raise JobError(no_finite_loss(data.encoding.selection_metric, candidates))
        with stopwatch.phase("fit"):
            final = best.search.fit_best()
        with stopwatch.phase("explain"):
            importance = _explain(data, best, final.weights)
        best.search.close()
    return TrainedModel(
        [*best.featurized.stages, *final.stages],
        final.figures,
        best.settings,
        best.blocks[-1].indices.stop,
        candidates,
        importance,
    )


def _search(
    data: TrainingData,
    params: ModelParams,
    settings: FeaturizerSettings,
    featurized: FeaturizedRows,
    blocks: Sequence[FeatureBlock],
    *,
    pool: Executor,
    stop: Event,
    stopwatch: Stopwatch,
    log: Logger,
) -> Search:
    """Compare the estimators on the vectors: in the driver if it can fit so much, else in Spark."""
    if _is_fitted_in_driver(data, params, featurized, blocks):
        with stopwatch.phase("featurize"):  # computed as they are collected
            return LocalSearch(
                f"featurizer {settings['index']}",
                featurized.vectors,
                blocks,
                data.encoding,
                params,
                pool=pool,
                stop=stop,
                log=log,
            )
    equal_weights = settings["text"] == "hashing_tf"
    return SparkSearch(
        featurized.vectors,
        blocks[-1].indices.stop,
        data.row_count,
        data.encoding,
        params,
        equal_weights=equal_weights,
        stopwatch=stopwatch,
        log=log,
    )


def is_better(search: Search, other: Search) -> bool:
    """Return whether the best trial of a search is better than that of another.

    The one that was fitted to fewer rows would be at a disadvantage, so both are fitted in full
    then.
    """
    if search.step != other.step:
        search.complete()
        other.complete()
    return search.lowest_loss < other.lowest_loss


def _is_fitted_in_driver(
    data: TrainingData,
    params: ModelParams,
    featurized: FeaturizedRows,
    blocks: Sequence[FeatureBlock],
) -> bool:
    match params["estimator"]:
        case "random_forest":
            return False
        case "gradient_boosted_trees":  # which need all elements
            return data.row_count * blocks[-1].indices.stop <= MAX_TREE_CELLS
        case _:
            return fits_in_driver(_elements(data, featurized.prepared, blocks))


def _elements(data: TrainingData, prepared: DataFrame, blocks: Sequence[FeatureBlock]) -> int:
    """Return an upper bound of the number of non-zero elements of all vectors."""
    hashed = [block.hashed for block in blocks if block.hashed]
    each_row = sum(
        1 if block.kind == "categorical" else block.size for block in blocks if not block.hashed
    )
    elements = data.row_count * each_row
    if hashed:
        sizes = [F.size(F.unwrap_udt(column)["indices"]) for column in hashed]
        elements += sum(aggregate(prepared, *(F.coalesce(F.sum(each), F.lit(0)) for each in sizes)))
    return elements


def _explain(
    data: TrainingData, best: _SearchedFeaturizer, weights: FittedWeights
) -> ImportanceFigures:
    """Return the figures of the features of the fitted model."""

    def look_up_terms(indices: Sequence[int]) -> dict[int, str]:
        terms: dict[int, str] = {}
        for block in best.blocks:
            if block.hashed:
                of_block = [index for index in indices if block_at(best.blocks, index) is block]
                terms |= terms_by_index(
                    data.rows,
                    best.featurized.prepared,
                    best.featurizer.row_stages,
                    block,
                    of_block,
                )
        return terms

    statistics = best.search.feature_statistics()
    return importance_figures(
        weights, data.encoding.classes, best.blocks, statistics, look_up_terms
    )


def featurizer_settings(
    params: ModelParams, classes: int, columns: Mapping[str, ColumnRules]
) -> list[FeaturizerSettings]:
    """Return the settings of each featurizer.

    Without a column of texts, those that differ only in what they make of texts would be the same:
    only the first of them is left.
    """
    settings: list[FeaturizerSettings] = [
        {
            "index": index,
            **given,
            "dimensions": text_dimensions(given, params["estimator"], classes),
        }
        for index, given in enumerate(params["featurizers"])
    ]
    if any(rules["kind"] == "text" for rules in columns.values()):
        return settings
    by_numeric = {each["numeric"]: each for each in reversed(settings)}
    return [each for each in settings if by_numeric[each["numeric"]] is each]


def no_finite_loss(metric: str, candidates: Sequence[CandidateFigures]) -> str:
    """Return the message for a user whose candidates are all of no use."""
    advice = "set `min` and `max` of the columns, so that rows with extreme numbers are rejected"
    if any("regularization" in each for each in candidates):
        advice = "set larger values of `regularization`"
    return f"no candidate has a finite {metric.replace('_', ' ')}, so none can be chosen: {advice}"


def _format(settings: Mapping[str, object]) -> str:
    return ", ".join(f"{key} {value}" for key, value in settings.items())
