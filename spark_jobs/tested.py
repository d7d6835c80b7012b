"""The test side, and what a model says of its rows."""

from collections.abc import Mapping
from typing import Any

from pyspark.ml import PipelineModel
from pyspark.ml.feature import IndexToString
from pyspark.ml.functions import vector_to_array
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from spark_jobs.columns import quoted
from spark_jobs.kept import kept_rows
from spark_jobs.learning.label import with_label
from spark_jobs.learning.split import TEST, with_side
from spark_jobs.learning.target import PREDICTION, PROBABILITY, positive, probability_of
from spark_jobs.names import LABEL, ROW_ID, SIDE
from spark_jobs.problem import BINARY, problem_of
from spark_jobs.runtime.job import JobError, Request


def score(spark: SparkSession, request: Request, model: str, path: str) -> DataFrame:
    """What the model that is that input of the request says of the test side, written to `path`.

    Of each row `row_id`, `label`, and what the model says of it. Of a binary label, 0 or 1, that
    is the `probability` of 1. Of one of several classes it is the class `predicted`, its
    `probability`, and the `label_probability` of the right one. Of a number it is the number
    `predicted`.

    Raises:
        JobError: the test side is empty, or has one class only of a binary label.
    """
    label = request.contract["label"]
    fitted = PipelineModel.load(f"{request.inputs[model].path}/model")
    rows = with_side(kept_rows(spark, request), request.contract["split"])
    _scored(fitted, rows.where(F.col(SIDE) == TEST), label).write.parquet(path)
    scored = spark.read.parquet(path)
    _check(scored, label)
    return scored


def _scored(model: PipelineModel, test: DataFrame, label: Mapping[str, Any]) -> DataFrame:
    last = model.stages[-1]
    classes = last.getLabels() if isinstance(last, IndexToString) else []
    predicted = with_label(model.transform(test), label, classes)
    match problem_of(label):
        case "binary":
            return predicted.select(ROW_ID, F.col(LABEL).cast("int").alias("label"), positive())
        case "multiclass":
            return predicted.select(
                ROW_ID,
                quoted(label["column"]).alias("label"),
                F.col(PREDICTION).alias("predicted"),
                F.array_max(vector_to_array(F.col(PROBABILITY))).alias("probability"),
                probability_of(F.col(LABEL).cast("int")),
            )
        case _:
            return predicted.select(
                ROW_ID, F.col(LABEL).alias("label"), F.col(PREDICTION).alias("predicted")
            )


def _check(scored: DataFrame, label: Mapping[str, Any]) -> None:
    if problem_of(label) != BINARY:
        if scored.isEmpty():
            raise JobError(
                "the test side has no row, so nothing can be measured on it. "
                "Give more rows, or a larger test share under `split` in the contract"
            )
        return
    classes = {row["label"]: row["count"] for row in scored.groupBy("label").count().collect()}
    if len(classes) < 2:
        raise JobError(
            f"the test side has {sum(classes.values())} rows and {len(classes)} class of "
            f"'{label['column']}', so nothing can be measured on it. "
            "Give more rows, or a larger test share under `split` in the contract"
        )
