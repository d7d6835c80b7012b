"""Train a model on the featurized columns, as one pipeline.

Each featurizer is combined with each parameter of the estimators. The validation split chooses the
best of these candidates, which is then fitted to the training and the validation split. The test
split plays no part.
"""

from collections.abc import Mapping
from logging import Logger
from typing import cast

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from spark_jobs.columns import SPLIT
from spark_jobs.contract import Label, TrainingContract, column_kinds
from spark_jobs.dataset_rows import input_rows
from spark_jobs.learning.candidates import TrainingData, train_best
from spark_jobs.learning.class_weights import resolve_class_weights
from spark_jobs.learning.figures import LabelFigures, ModelFigures
from spark_jobs.learning.fitted_pipeline import FittedPipeline
from spark_jobs.learning.label_encoding import LabelEncoding, binary_values
from spark_jobs.learning.params import ClassWeight, ModelParams
from spark_jobs.learning.split import TRAIN, VALIDATION, with_split
from spark_jobs.learning.split_statistics import (
    SplitStatistics,
    check_splits,
    compute_split_statistics,
    usable_columns,
)
from spark_jobs.runtime.job import JobError, Request, Result, Stopwatch


def run(spark: SparkSession, request: Request, log: Logger) -> Result:
    """Write the fitted pipeline to `model/`, and report the candidates and the chosen one.

    Raises:
        JobError: the training or the validation split has only one class or number, no column has
            a value in the training split, the rows' weights are too small or too great, a
            weight is of an unknown class, or no fit is possible.
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
        statistics = compute_split_statistics(rows, label, kinds, weight=contract["weight"])
        check_splits(statistics, label)
    encoding = label_encoding(
        statistics[TRAIN], label, params["class_weight"], weight=contract["weight"]
    )
    usable, ignored = usable_columns(statistics[TRAIN], kinds, log)
    data = TrainingData(
        encoding.encode(rows.where(F.col(SPLIT).isin(TRAIN, VALIDATION))),
        statistics[TRAIN].rows + statistics[VALIDATION].rows,
        {name: contract["columns"][name] for name in usable},
        encoding,
    )
    model = train_best(data, params, stopwatch, log)
    with stopwatch.phase("write"):
        pipeline = FittedPipeline.of([*model.stages, *encoding.inverse_stages()])
        pipeline.save(spark, f"{request.output}/model")
    figures: ModelFigures = {
        "problem": encoding.problem,
        **model.figures,
        "featurizer": model.featurizer,
        "candidates": [*model.candidates],
        "features": model.features,
        **model.importance,
        "ignored_columns": ignored,
        **label_figures(statistics, encoding),
    }
    if encoding.class_weights:
        figures["class_weights"] = {**encoding.class_weights}
    row_counts = {name: split.rows for name, split in statistics.items()}
    return Result(row_counts, figures, stopwatch.seconds)


def label_encoding(
    train: SplitStatistics, label: Label, class_weight: ClassWeight, *, weight: str | None
) -> LabelEncoding:
    """Return the encoding of the label by the statistics of the training split.

    Args:
        train: statistics of the training split.
        label: of the contract.
        class_weight: of the parameters.
        weight: the column with the weights of rows.

    Raises:
        JobError: a weight is of a class that the label does not have.
    """
    if label["kind"] == "numeric":
        assert train.mean is not None, "the splits are checked"
        assert train.deviation, "the splits are checked"
        return LabelEncoding(
            label,
            mean=train.mean,
            deviation=train.deviation,
            weight=weight,
            mean_weight=train.mean_weight,
        )
    if label["positive"] is not None:
        other, positive = binary_values(label)
        counts = {other: train.classes[False], positive: train.classes[True]}
        class_weights = resolve_class_weights(class_weight, counts)
        return LabelEncoding(label, (), class_weights, weight=weight, mean_weight=train.mean_weight)
    counts = dict(sorted(train.classes.items()))
    known = label["classes"] or ()  # the training split may lack some of these
    class_weights = resolve_class_weights(class_weight, counts, known)
    return LabelEncoding(
        label, list(counts), class_weights, weight=weight, mean_weight=train.mean_weight
    )


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
