"""Score unlabelled rows with the champion."""

import re
from functools import reduce
from logging import Logger
from typing import cast

from pyspark.ml import PipelineModel
from pyspark.ml.functions import vector_to_array
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from spark_jobs.aggregates import aggregate
from spark_jobs.cleaning.batch import Batch, process_batch
from spark_jobs.cleaning.figures import NumberSummary, PredictionFigures
from spark_jobs.columns import MODEL_VERSION, ROW_ID, quoted
from spark_jobs.contract import REGRESSION, Label, Problem, problem_of
from spark_jobs.dataset_rows import rows_of_parts
from spark_jobs.evaluation.scores import THRESHOLD
from spark_jobs.learning.label_encoding import PREDICTION, PROBABILITY, positive_probability
from spark_jobs.runtime.job import Request, Result, Stopwatch
from spark_jobs.runtime.parts import KEPT

CSV = "csv"
MAX_VALUES = 100  # predicted values that get a count of their own
# what makes spreadsheets take a text for a formula: owasp.org/www-community/attacks/CSV_Injection;
# the full-width characters do so in Japanese
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
# if semicolons or tabs separate the cells, one in a text starts another cell
FORMULA_WITHIN = "([;\t\r\n] *)([=+@\uff1d\uff0b\uff0d\uff20-])"


def run(spark: SparkSession, request: Request, log: Logger) -> Result:
    """Write the scored rows of the new files as a part: `kept/` as Parquet, and `csv/`.

    Each has the columns of the contract, `prediction`, `probability` (of the positive value, or
    of the predicted class; not for a number), `model_version`, its `_file`, and, in Parquet, the
    `row_id`. Rows that break the contract go to `rejected/`.

    Raises:
        JobError: a file can't be read, or a rule can't be applied.
    """
    label = cast("Label", request.params["label"])
    champion, stopwatch = request.inputs["lr_model"], Stopwatch()

    def add_predictions(rows: DataFrame) -> DataFrame:
        model = PipelineModel.load(f"{champion.path}/model")
        return with_predictions(model, rows, label, champion.version)

    files = request.inputs["raw_scoring_csv_s3"].files
    manifest = process_batch(Batch(spark, request, files, stopwatch, log), add_predictions)
    if manifest.new_part:
        with stopwatch.phase("export"):
            export_csv(spark, f"{request.lake}/{manifest.new_part.key}")
    rows = rows_of_parts(spark, request.lake, manifest.parts)
    with stopwatch.phase("count"):
        figures: PredictionFigures = {
            **manifest.figures,
            "predicted": summarize_predictions(rows, problem_of(label)),
            "schema": {field.name: field.dataType.simpleString() for field in rows.schema},
        }
    return Result(manifest.rows, figures, stopwatch.seconds, manifest.new_part)


def with_predictions(
    model: PipelineModel, rows: DataFrame, label: Label, version: str
) -> DataFrame:
    """Return the rows with `prediction`, `probability` and `model_version`.

    Of a binary label the prediction is the positive or the negative value. If the contract names
    no negative value, or several, it is `not` and the positive value instead.
    """
    columns = [quoted(name) for name in rows.columns]
    return model.transform(rows).select(
        *columns, *_prediction_columns(label), F.lit(version).alias(MODEL_VERSION)
    )


def _prediction_columns(label: Label) -> list[Column]:
    match problem_of(label):
        case "binary":
            negative = label["negative"] or []
            other = negative[0] if len(negative) == 1 else f"not {label['positive']}"
            is_positive = vector_to_array(F.col(PROBABILITY))[1] >= THRESHOLD
            value = F.when(is_positive, F.lit(label["positive"])).otherwise(F.lit(other))
            return [value.alias(PREDICTION), positive_probability()]
        case "multiclass":
            highest = F.array_max(vector_to_array(F.col(PROBABILITY)))
            return [F.col(PREDICTION), highest.alias(PROBABILITY)]
        case _:
            return [F.col(PREDICTION)]


def export_csv(spark: SparkSession, folder: str) -> None:
    """Also write the scored rows of a part as CSV, with spreadsheet formulas escaped."""
    rows = spark.read.parquet(f"{folder}/{KEPT}").drop(ROW_ID)
    safe = [
        _escape_formulas(quoted(field.name)).alias(_escape_formulas_in_name(field.name))
        if field.dataType.simpleString() == "string"
        else quoted(field.name)
        for field in rows.schema
    ]
    rows.select(*safe).write.csv(
        f"{folder}/{CSV}",
        header=True,
        escape='"',
        # keep the blanks in front, which do not make a text a formula
        ignoreLeadingWhiteSpace=False,
        ignoreTrailingWhiteSpace=False,
    )


def _escape_formulas(text: Column) -> Column:
    trimmed = F.ltrim(text)  # some programs trim what they import
    is_formula = reduce(Column.__or__, (trimmed.startswith(start) for start in FORMULA_STARTS))
    escaped = F.regexp_replace(text, FORMULA_WITHIN, "$1'$2")
    return F.when(is_formula, F.concat(F.lit("'"), escaped)).otherwise(escaped)


def _escape_formulas_in_name(name: str) -> str:
    escaped = re.sub(FORMULA_WITHIN, r"\1'\2", name)
    return f"'{escaped}" if name.lstrip().startswith(FORMULA_STARTS) else escaped


def summarize_predictions(rows: DataFrame, problem: Problem) -> dict[str, int] | NumberSummary:
    """Return the rows by prediction, most frequent first, or the range of predicted numbers."""
    if problem == REGRESSION:
        least, greatest, mean = aggregate(
            rows, F.min(PREDICTION), F.max(PREDICTION), F.avg(PREDICTION)
        )
        return {"min": least, "max": greatest, "mean": mean}
    counted = rows.groupBy(PREDICTION).count()
    most_frequent = counted.sort(F.desc("count"), PREDICTION).limit(MAX_VALUES).collect()
    return {row[PREDICTION]: row["count"] for row in most_frequent}


if __name__ == "__main__":
    from spark_jobs.runtime.submit import main

    main(run, __doc__)
