"""Score the test split with a model."""

from collections.abc import Sequence
from typing import cast

from pyspark.ml.functions import vector_to_array
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from spark_jobs.columns import LABEL, ROW_ID, SPLIT, quoted
from spark_jobs.contract import BINARY, Label, ScoringContract, problem_of
from spark_jobs.learning.class_weights import PROBABILITY
from spark_jobs.learning.fitted_pipeline import FittedPipeline
from spark_jobs.learning.label_encoding import (
    PREDICTION,
    apply_model,
    label_probability,
    positive_probability,
    with_label,
)
from spark_jobs.learning.split import TEST, with_split
from spark_jobs.runtime.job import JobError, Request


def score_test_split(
    rows: DataFrame, request: Request, model: str, path: str, *, kept: Sequence[Column] = ()
) -> DataFrame:
    """Score the test split with the model of that input, write it to `path` and read it back.

    Each row has its id, `label` and what is `predicted`. Of a binary label both are 0 or 1, and
    `probability` is that of 1. Of a multiclass label they are classes, with the `probability` of
    the predicted one, and the `label_probability` of the right one. Of a numeric label they are
    numbers.

    Args:
        rows: of the data set.
        request: one of its inputs is the model.
        model: name of the model's input.
        path: where the scored rows are written.
        kept: further columns of the data set that each row has.

    Raises:
        JobError: the test split is empty, or has only one class of a binary label.
    """
    contract = cast("ScoringContract", request.contract)
    pipeline = FittedPipeline.load(rows.sparkSession, f"{request.inputs[model].path}/model")
    test = with_split(rows, contract["split"]).where(F.col(SPLIT) == TEST)
    scored = _score(pipeline, test, contract["label"], kept)
    scored.write.parquet(path)
    # without its schema, Spark would look for it in the files
    scored = rows.sparkSession.read.schema(scored.schema).parquet(path)
    _check(scored, contract["label"])
    return scored


def _score(
    model: FittedPipeline, test: DataFrame, label: Label, kept: Sequence[Column]
) -> DataFrame:
    predicted = with_label(apply_model(model, test), label, model.classes)
    match problem_of(label):
        case "binary":
            return predicted.select(
                ROW_ID,
                F.col(LABEL).cast("int").alias("label"),
                F.col(PREDICTION).cast("int").alias("predicted"),
                positive_probability(),
                *kept,
            )
        case "multiclass":
            return predicted.select(
                ROW_ID,
                quoted(label["column"]).alias("label"),
                F.col(PREDICTION).alias("predicted"),
                F.array_max(vector_to_array(F.col(PROBABILITY))).alias("probability"),
                label_probability(F.col(LABEL).cast("int")),
                *kept,
            )
        case _:
            return predicted.select(
                ROW_ID, F.col(LABEL).alias("label"), F.col(PREDICTION).alias("predicted"), *kept
            )


def _check(scored: DataFrame, label: Label) -> None:
    if problem_of(label) != BINARY:
        if scored.isEmpty():
            raise JobError(
                "the test split has no row, so nothing can be measured. "
                "Provide more rows, or a larger test share under `split` in the contract"
            )
        return
    classes = {row["label"]: row["count"] for row in scored.groupBy("label").count().collect()}
    if len(classes) < 2:
        raise JobError(
            f"the test split has {sum(classes.values())} rows and {len(classes)} class of "
            f"'{label['column']}', so nothing can be measured. "
            "Provide more rows, or a larger test share under `split` in the contract"
        )
