"""A logistic regression on the featurized columns, as one pipeline.

Everything is fitted on the training side; of the candidates for the regularization, the one
with the lowest log loss on the validation side is chosen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from logging import Logger
from typing import Any, cast

from pyspark.ml import Pipeline, PipelineModel
from pyspark.ml.classification import LogisticRegression, LogisticRegressionModel
from pyspark.ml.evaluation import MulticlassClassificationEvaluator
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from spark_jobs.cleaning import quoted
from spark_jobs.features import FEATURES, featurizer
from spark_jobs.names import LABEL, SIDE
from spark_jobs.runtime.job import JobError, Request, Result, Stopwatch
from spark_jobs.split import SIDES, TRAIN, VALIDATION, with_label, with_side

BLOCK_MEGABYTES = 32  # of rows at a time: the default of 1 is twice as slow on 2^18 features


@dataclass(frozen=True)
class Side:
    """What is on one side of the split; `present` counts the values of each column."""

    rows: int = 0
    positive: int = 0
    present: Mapping[str, int] | None = None


@dataclass(frozen=True)
class Candidate:
    """A fitted model, and its log loss on the validation side."""

    model: LogisticRegressionModel
    regularization: float
    log_loss: float
    iterations: int
    converged: bool

    def figures(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "model"}


def run(spark: SparkSession, request: Request, log: Logger) -> Result:
    """Write the fitted pipeline to `model/`; figures: what was tried and what was chosen.

    Raises:
        JobError: a side of the split that is needed has only one class of the label, or no
            column has a value on the training side.
    """
    contract, params = request.contract, request.params
    if not contract["label"]:
        raise JobError("the contract names no label, so there is nothing to learn: add `label`")
    kinds = {name: column["kind"] for name, column in contract["columns"].items()}
    watch = Stopwatch()
    rows = spark.read.parquet(f"{request.inputs['processed_dataset'].path}/kept")
    rows = with_side(with_label(rows, contract["label"]), contract["split"])
    with watch.phase("count"):
        sides = count_sides(rows, list(kinds))
        check_sides(sides, contract["label"])
    usable = {name: kind for name, kind in kinds.items() if (sides[TRAIN].present or {})[name]}
    ignored = sorted(kinds.keys() - usable.keys())
    if ignored:
        log.warning("no value on the training side, so left out: %s", ", ".join(ignored))
    if not usable:
        raise JobError(
            "no column of the contract has a value on the training side, so there is nothing to "
            f"learn from: {', '.join(ignored)}. Check `columns` and `missing` in the contract"
        )
    with watch.phase("featurize"):
        plan = featurizer(usable, params)
        seen = rows.where(F.col(SIDE).isin(TRAIN, VALIDATION))
        by_row = PipelineModel(plan.by_row)
        # checkpoints, because every pass of a fit would carry the whole plan before it along
        half = checkpointed(by_row.transform(seen).select(SIDE, LABEL, *plan.between))
        fitted = Pipeline(stages=cast("Any", plan.fitted)).fit(half.where(F.col(SIDE) == TRAIN))
        vectors = checkpointed(fitted.transform(half).select(SIDE, LABEL, FEATURES))
    with watch.phase("tune"):
        candidates = tune(vectors, params, log)
    best = min(candidates, key=lambda candidate: candidate.log_loss)
    with watch.phase("write"):
        PipelineModel([*plan.by_row, *fitted.stages, best.model]).write().save(
            f"{request.output}/model"
        )
    figures = {
        **best.figures(),
        "candidates": [candidate.figures() for candidate in candidates],
        "features": best.model.numFeatures,
        "ignored_columns": ignored,
        "positive": {name: side.positive for name, side in sides.items()},
    }
    return Result({name: side.rows for name, side in sides.items()}, figures, watch.seconds)


def checkpointed(rows: DataFrame) -> DataFrame:
    """The rows, computed once; kept where the loss of an executor does no harm, if a place is set.

    The place is `spark.checkpoint.dir`.
    """
    durable = rows.sparkSession.sparkContext.getCheckpointDir()
    return rows.checkpoint() if durable else rows.localCheckpoint()


def count_sides(rows: DataFrame, columns: Sequence[str]) -> dict[str, Side]:
    """Rows, positives and values by column of each side, in one pass."""
    present = [F.count(quoted(name)) for name in columns]
    counted = rows.groupBy(SIDE).agg(F.count(F.lit(1)), F.sum(LABEL).cast("long"), *present)
    found = {
        name: Side(total, positive, dict(zip(columns, values, strict=True)))
        for name, total, positive, *values in counted.collect()
    }
    return {name: found.get(name, Side()) for name in SIDES}


def check_sides(sides: Mapping[str, Side], label: Mapping[str, Any]) -> None:
    """Raises JobError unless training and validation side have both classes."""
    for name in (TRAIN, VALIDATION):
        side = sides[name]
        if 0 < side.positive < side.rows:
            continue
        counts = ", ".join(f"{each} {side.positive} of {side.rows}" for each, side in sides.items())
        raise JobError(
            f"the label '{label['column']}' has one class on the {name} side, so nothing can be "
            f"learned: rows that are '{label['positive']}': {counts}. "
            "Check `label` in the contract, or give more rows"
        )


def tune(vectors: DataFrame, params: Mapping[str, Any], log: Logger) -> list[Candidate]:
    """Fit each candidate on the training side and score it on the validation side."""
    train = vectors.where(F.col(SIDE) == TRAIN)
    validation = vectors.where(F.col(SIDE) == VALIDATION)
    log_loss = MulticlassClassificationEvaluator(labelCol=LABEL, metricName=cast("Any", "logLoss"))
    candidates: list[Candidate] = []
    for regularization in params["regularization"]:
        estimator = LogisticRegression(
            featuresCol=FEATURES,
            labelCol=LABEL,
            rawPredictionCol="__raw_prediction",  # a user's column may have the default's name
            regParam=regularization,
            maxIter=params["max_iterations"],
            tol=params["tolerance"],
            # the features are scaled or of unit length already, each in its own way
            standardization=False,
            maxBlockSizeInMB=BLOCK_MEGABYTES,
        )
        model = estimator.fit(train)
        iterations = model.summary.totalIterations
        loss = log_loss.evaluate(model.transform(validation))
        log.info(
            "regularization %g: log loss %.4f, %s iterations", regularization, loss, iterations
        )
        candidates.append(
            Candidate(
                model, regularization, loss, iterations, iterations < params["max_iterations"]
            )
        )
    return candidates


if __name__ == "__main__":
    from spark_jobs.runtime.submit import main

    main(run, __doc__)
