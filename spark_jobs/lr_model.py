"""Train a model on the featurized columns, as one pipeline.

Everything is fitted on the training split. Each featurizer is combined with each parameter of the
estimator, and the validation split chooses the best of these candidates.
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from logging import Logger
from math import inf
from typing import Any, cast

from pyspark.ml import PipelineModel, Transformer
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from spark_jobs.columns import SPLIT
from spark_jobs.contract import Kind, Label, TrainingContract, column_kinds
from spark_jobs.dataset_rows import input_rows
from spark_jobs.learning.estimators import make_trials
from spark_jobs.learning.feature_blocks import block_at, feature_blocks
from spark_jobs.learning.feature_importance import importance_figures
from spark_jobs.learning.feature_statistics import compute_feature_statistics
from spark_jobs.learning.features import FEATURES, Featurizer, make_featurizer
from spark_jobs.learning.featurization import FeaturizedRows, featurize
from spark_jobs.learning.figures import (
    CandidateFigures,
    ImportanceFigures,
    LabelFigures,
    ModelFigures,
)
from spark_jobs.learning.label_encoding import LabelEncoding
from spark_jobs.learning.memory_limits import (
    check_feature_count,
    parallel_fits,
    sampling_step,
    text_dimensions,
)
from spark_jobs.learning.params import FeaturizerSettings, ModelParams
from spark_jobs.learning.split import TRAIN, VALIDATION, with_split
from spark_jobs.learning.split_statistics import (
    SplitStatistics,
    check_splits,
    compute_split_statistics,
)
from spark_jobs.learning.tuning import FittedTrial, fit_trials
from spark_jobs.learning.vocabulary import terms_by_index
from spark_jobs.runtime.job import JobError, Request, Result, Stopwatch


@dataclass(frozen=True)
class Candidate:
    """A fitted featurizer, and a fitted estimator on its vectors."""

    settings: FeaturizerSettings
    stages: Sequence[Transformer]
    fitted: FittedTrial

    def figures(self) -> CandidateFigures:
        return {"featurizer": self.settings["index"], **self.fitted.figures()}


@dataclass(frozen=True)
class TrainingData:
    """The encoded rows of the training and the validation split, and the kinds of their columns."""

    rows: DataFrame
    row_count: int
    kinds: Mapping[str, Kind]
    encoding: LabelEncoding

    def loss(self, candidate: Candidate) -> float:
        """Return the score that chooses among candidates; lower is better."""
        return candidate.fitted.loss(self.encoding.selection_metric)


def run(spark: SparkSession, request: Request, log: Logger) -> Result:
    """Write the fitted pipeline to `model/`, and report the candidates and the chosen one.

    Raises:
        JobError: the training or the validation split has only one class or number, no column has
            a value in the training split, or no fit is possible.
    """
    contract = cast("TrainingContract", request.contract)
    params = cast("ModelParams", request.params)
    label = contract["label"]
    if not label:
        raise JobError("the contract names no label, so there is nothing to learn: add `label`")
    stopwatch = Stopwatch()
    rows = with_split(input_rows(spark, request), contract["split"])
    kinds = column_kinds(contract["columns"])
    with stopwatch.phase("count"):
        statistics = compute_split_statistics(rows, label, kinds)
        check_splits(statistics, label)
    encoding = label_encoding(statistics[TRAIN], label)
    usable, ignored = usable_columns(statistics[TRAIN], kinds, log)
    data = TrainingData(
        encoding.encode(rows.where(F.col(SPLIT).isin(TRAIN, VALIDATION))),
        statistics[TRAIN].rows + statistics[VALIDATION].rows,
        usable,
        encoding,
    )
    candidates, importance = train_candidates(data, params, stopwatch, log)
    best = best_candidate(candidates, data)
    with stopwatch.phase("write"):
        stages: list[Any] = [*best.stages, best.fitted.model, *encoding.inverse_stages()]
        PipelineModel(stages).write().save(f"{request.output}/model")
    figures: ModelFigures = {
        "problem": encoding.problem,
        "estimator": params["estimator"],
        **best.fitted.figures(),
        "featurizer": best.settings,
        "candidates": [candidate.figures() for candidate in candidates],
        "features": best.fitted.model.numFeatures,
        **importance,
        "ignored_columns": ignored,
        **label_figures(statistics, encoding),
    }
    row_counts = {name: split.rows for name, split in statistics.items()}
    return Result(row_counts, figures, stopwatch.seconds)


def train_candidates(
    data: TrainingData, params: ModelParams, stopwatch: Stopwatch, log: Logger
) -> tuple[list[Candidate], ImportanceFigures]:
    """Fit each featurizer with each candidate of the estimator; return also the best's figures.

    Only one featurizer's vectors are kept at a time.
    """
    estimator, encoding, spark = params["estimator"], data.encoding, data.rows.sparkSession
    classes = len(encoding.classes)
    order_rows = data.row_count if estimator == "random_forest" else None
    candidates: list[Candidate] = []
    importance: ImportanceFigures = {}
    for index, given in enumerate(params["featurizers"]):
        dimensions = text_dimensions(given, estimator, classes)
        settings = cast("FeaturizerSettings", {"index": index, **given, "dimensions": dimensions})
        log.info("featurizer %s", ", ".join(f"{key} {value}" for key, value in settings.items()))
        with ExitStack() as cache:
            with stopwatch.phase("featurize"):
                featurizer = make_featurizer(data.kinds, settings)
                featurized = featurize(data.rows, featurizer, order_rows, cache)
                first = featurized.vectors.first()
            assert first is not None, "the splits are checked to have rows"
            size = first[FEATURES].size
            check_feature_count(spark, estimator, size, classes)
            equal_weights = settings["text"] == "hashing_tf"
            trials = make_trials(params, encoding.problem, size, equal_weights=equal_weights)
            step = sampling_step(data.row_count) if trials[0].short else 1
            fitted = fit_trials(
                featurized.vectors,
                trials,
                encoding,
                parallel=parallel_fits(spark, data.row_count // step, size, classes),
                sampling_step=step,
                stopwatch=stopwatch,
                log=log,
            )
            candidates += [Candidate(settings, featurized.stages, each) for each in fitted]
            best = min(candidates, key=data.loss)
            if best.settings is settings:  # explained now, while its vectors are kept
                with stopwatch.phase("explain"):
                    importance = explain(data, featurizer, featurized, best)
    return candidates, importance


def explain(
    data: TrainingData, featurizer: Featurizer, featurized: FeaturizedRows, candidate: Candidate
) -> ImportanceFigures:
    """Return the figures of the features of a candidate on these vectors."""
    blocks = feature_blocks(data.kinds, candidate.settings, featurized.stages)
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

    model, classes = candidate.fitted.model, data.encoding.classes
    return importance_figures(model, classes, blocks, statistics, look_up_terms)


def label_encoding(train: SplitStatistics, label: Label) -> LabelEncoding:
    """Return the encoding of the label by the statistics of the training split."""
    if label["kind"] == "numeric":
        assert train.mean is not None, "the splits are checked"
        assert train.deviation, "the splits are checked"
        return LabelEncoding(label, mean=train.mean, deviation=train.deviation)
    classes = () if label["positive"] is not None else sorted(train.classes)
    return LabelEncoding(label, classes)


def usable_columns(
    train: SplitStatistics, kinds: Mapping[str, Kind], log: Logger
) -> tuple[dict[str, Kind], list[str]]:
    """Return the kinds of the columns with a value in the training split, and the other columns.

    Raises:
        JobError: no column has a value.
    """
    usable: dict[str, Kind] = {name: kind for name, kind in kinds.items() if train.present[name]}
    ignored = sorted(kinds.keys() - usable.keys())
    if ignored:
        log.warning("no value in the training split, so ignored: %s", ", ".join(ignored))
    if not usable:
        raise JobError(
            "no column of the contract has a value in the training split, so there is nothing to "
            f"learn from: {', '.join(ignored)}. Check `columns` and `missing` in the contract"
        )
    return usable, ignored


def best_candidate(candidates: Sequence[Candidate], data: TrainingData) -> Candidate:
    """Return the candidate with the lowest loss, the first of several.

    Raises:
        JobError: no loss is finite.
    """
    best = min(candidates, key=data.loss)
    if data.loss(best) == inf:
        metric = data.encoding.selection_metric.replace("_", " ")
        raise JobError(
            f"no candidate has a finite {metric}, so none can be chosen: "
            "set larger values of `regularization`"
        )
    return best


def label_figures(
    statistics: Mapping[str, SplitStatistics], encoding: LabelEncoding
) -> LabelFigures:
    """Return the figures of the label, by its problem."""
    match encoding.problem:
        case "binary":
            return {"positive": {name: split.classes[True] for name, split in statistics.items()}}
        case "multiclass":
            return {"classes": list(encoding.classes)}
        case _:
            return {"label_mean": encoding.mean, "label_deviation": encoding.deviation}


if __name__ == "__main__":
    from spark_jobs.runtime.submit import main

    main(run, __doc__)
