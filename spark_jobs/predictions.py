"""Score unlabelled rows with the champion."""

import re
from collections.abc import Sequence
from functools import reduce
from logging import Logger
from typing import NamedTuple, cast

from pyspark.ml.functions import vector_to_array
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from spark_jobs.aggregates import aggregate
from spark_jobs.cleaning.batch import Batch, process_batch
from spark_jobs.cleaning.figures import NumberSummary, PredictionFigures
from spark_jobs.columns import ROW_ID, column_names, free_name, quoted
from spark_jobs.contract import REGRESSION, Label, PredictionContract, Problem, problem_of
from spark_jobs.dataset_rows import rows_of_parts
from spark_jobs.learning.class_weights import PROBABILITY
from spark_jobs.learning.fitted_pipeline import FittedPipeline
from spark_jobs.learning.label_encoding import PREDICTION, apply_model, binary_values
from spark_jobs.reasons import as_text, reasons_of
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
    of the predicted class; not for a number), the `reasons` if the contract wants some,
    `model_version`, its `_file`, and, in Parquet, the `row_id`. If the contract has a column of
    such a name, an underscore follows the added one.

    Rows that break the contract go to `rejected/`.

    Raises:
        JobError: a file can't be read, or a rule can't be applied.
    """
    label = cast("Label", request.params["label"])
    contract = cast("PredictionContract", request.contract)
    added = added_columns(column_names(contract))
    champion, stopwatch = request.inputs["lr_model"], Stopwatch()

    def add_predictions(rows: DataFrame) -> DataFrame:
        model = FittedPipeline.load(spark, f"{champion.path}/model")
        reasons: Column | None = None
        if top := contract["predictions"]["reasons"]:
            reasons = reasons_of(spark, request.inputs["exported_model"].path, top)
        return with_predictions(model, rows, label, champion.version, added, reasons=reasons)

    files = request.inputs["raw_scoring_csv_s3"].files
    manifest = process_batch(Batch(spark, request, files, stopwatch, log), add_predictions)
    if manifest.new_part:
        with stopwatch.phase("export"):
            export_csv(spark, f"{request.lake}/{manifest.new_part.key}", added)
    rows = rows_of_parts(spark, request.lake, manifest.parts)
    with stopwatch.phase("count"):
        figures: PredictionFigures = {
            **manifest.figures,
            "predicted": summarize_predictions(rows, added.prediction, problem_of(label)),
            "schema": {field.name: field.dataType.simpleString() for field in rows.schema},
        }
    return Result(manifest.rows, figures, stopwatch.seconds, manifest.new_part)


class AddedColumns(NamedTuple):
    """The names of the columns that are added to a user's."""

    prediction: str
    probability: str
    reasons: str
    model_version: str
    row_id: str


def added_columns(names: Sequence[str]) -> AddedColumns:
    """Return the names of the added columns, given those of the contract."""
    return AddedColumns(*(free_name(name, names) for name in AddedColumns._fields))


def with_predictions(
    model: FittedPipeline,
    rows: DataFrame,
    label: Label,
    version: str,
    added: AddedColumns,
    *,
    reasons: Column | None = None,
) -> DataFrame:
    """Return the rows with prediction, probability, reasons if given, and the model's version.

    Of a binary label the prediction is the positive or the negative value. If the contract names
    no negative value, or several, it is `not` and the positive value instead.
    """
    names = {ROW_ID: added.row_id}
    columns = [quoted(name).alias(names.get(name, name)) for name in rows.columns]
    if reasons is not None:
        columns.append(reasons.alias(added.reasons))
    return apply_model(model, rows).select(
        *columns, *_prediction_columns(label, added), F.lit(version).alias(added.model_version)
    )


def _prediction_columns(label: Label, added: AddedColumns) -> list[Column]:
    probabilities = vector_to_array(F.col(PROBABILITY))
    match problem_of(label):
        case "binary":
            other, positive = binary_values(label)
            value = F.when(F.col(PREDICTION) == 1, F.lit(positive)).otherwise(F.lit(other))
            return [value.alias(added.prediction), probabilities[1].alias(added.probability)]
        case "multiclass":
            highest = F.array_max(probabilities)
            return [
                F.col(PREDICTION).alias(added.prediction),
                highest.alias(added.probability),
            ]
        case _:
            return [F.col(PREDICTION).alias(added.prediction)]


def export_csv(spark: SparkSession, folder: str, added: AddedColumns) -> None:
    """Also write the scored rows of a part as CSV, with spreadsheet formulas escaped.

    Args:
        spark: the job's session.
        folder: of the part.
        added: names of the added columns; that of the row id is left out.
    """
    rows = spark.read.parquet(f"{folder}/{KEPT}").drop(added.row_id)
    if added.reasons in rows.columns:
        rows = rows.withColumn(added.reasons, as_text(F.col(added.reasons)))
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


def summarize_predictions(
    rows: DataFrame, prediction: str, problem: Problem
) -> dict[str, int] | NumberSummary:
    """Return the rows by prediction, most frequent first, or the range of predicted numbers."""
    if problem == REGRESSION:
        least, greatest, mean = aggregate(
            rows, F.min(prediction), F.max(prediction), F.avg(prediction)
        )
        return {"min": least, "max": greatest, "mean": mean}
    counted = rows.groupBy(prediction).count()
    most_frequent = counted.sort(F.desc("count"), prediction).limit(MAX_VALUES).collect()
    return {row[prediction]: row["count"] for row in most_frequent}


if __name__ == "__main__":
    from spark_jobs.runtime.submit import main

    main(run, __doc__)
