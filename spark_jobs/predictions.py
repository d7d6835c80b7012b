"""Scores rows that nobody has labelled yet with the champion."""

import re
from collections.abc import Mapping
from functools import reduce
from logging import Logger
from typing import Any

from pyspark.ml import PipelineModel
from pyspark.ml.functions import vector_to_array
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from spark_jobs.cleaning.batch import Batch, gather
from spark_jobs.columns import quoted
from spark_jobs.evaluation.scores import THRESHOLD
from spark_jobs.kept import rows_of
from spark_jobs.learning.target import PREDICTION, PROBABILITY, positive
from spark_jobs.names import MODEL_VERSION, ROW_ID
from spark_jobs.problem import REGRESSION, problem_of
from spark_jobs.runtime.job import Request, Result, Stopwatch
from spark_jobs.runtime.parts import KEPT

CSV = "csv"
MOST_VALUES = 100  # of a prediction that are counted one by one
# what makes a formula of a text in a spreadsheet: owasp.org/www-community/attacks/CSV_Injection;
# those of full width do where Japanese is written
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
# where semicolons or tabs part the cells, one in a text begins another cell
FORMULA_WITHIN = "([;\t\r\n] *)([=+@\uff1d\uff0b\uff0d\uff20-])"


def run(spark: SparkSession, request: Request, log: Logger) -> Result:
    """Write the scored rows of the new files as a part: `kept/` as Parquet, and `csv/`.

    Each has the columns of the contract, `prediction`, `probability` (of the positive value, or
    of the class that is predicted; none of a number), `model_version`, the `_file` it came from,
    and, in Parquet, the `row_id`. Rows that break the contract go to `rejected/`.

    Figures: `predicted` (rows by prediction, the commonest first; min, max and mean of a number),
    `rules` (rows that broke each), `schema`, `files_read` and `bytes_read` by this attempt.

    Raises:
        JobError: a file can't be read, or a rule can't be applied.
    """
    label, champion, watch = request.params["label"], request.inputs["lr_model"], Stopwatch()

    def score(rows: DataFrame) -> DataFrame:
        model = PipelineModel.load(f"{champion.path}/model")
        return scored(model, rows, label, champion.version)

    new = request.inputs["raw_scoring_csv_s3"].files
    done = gather(Batch(spark, request, new, watch, log), score)
    if done.written:
        with watch.phase("export"):
            export(spark, f"{request.lake}/{done.written.key}")
    kept = rows_of(spark, request.lake, done.parts)
    with watch.phase("count"):
        predicted = predicted_of(kept, problem_of(label))
    figures = {
        **done.figures,
        "predicted": predicted,
        "schema": {field.name: field.dataType.simpleString() for field in kept.schema},
    }
    return Result(done.rows, figures, watch.seconds, done.written)


def scored(
    model: PipelineModel, rows: DataFrame, label: Mapping[str, Any], version: str
) -> DataFrame:
    """The rows with `prediction`, `probability` and `model_version`.

    Of a binary label the prediction is its positive value, else its negative one; where several
    values are negative, or none is named, it is `not` and the positive one.
    """
    given = [quoted(name) for name in rows.columns]
    return model.transform(rows).select(*given, *_said(label), F.lit(version).alias(MODEL_VERSION))


def _said(label: Mapping[str, Any]) -> list[Column]:
    match problem_of(label):
        case "binary":
            negative = label["negative"] or []
            other = negative[0] if len(negative) == 1 else f"not {label['positive']}"
            hit = vector_to_array(F.col(PROBABILITY))[1] >= THRESHOLD
            said = F.when(hit, F.lit(label["positive"])).otherwise(F.lit(other))
            return [said.alias(PREDICTION), positive()]
        case "multiclass":
            best = F.array_max(vector_to_array(F.col(PROBABILITY)))
            return [F.col(PREDICTION), best.alias(PROBABILITY)]
        case _:
            return [F.col(PREDICTION)]


def export(spark: SparkSession, place: str) -> None:
    """Write the scored rows as CSV, too, such that no spreadsheet takes a text for a formula."""
    rows = spark.read.parquet(f"{place}/{KEPT}").drop(ROW_ID)
    safe = [
        _harmless(quoted(field.name)).alias(_harmless_name(field.name))
        if field.dataType.simpleString() == "string"
        else quoted(field.name)
        for field in rows.schema
    ]
    rows.select(*safe).write.csv(
        f"{place}/{CSV}",
        header=True,
        escape='"',
        # else the blanks before a formula would go, which make none of it
        ignoreLeadingWhiteSpace=False,
        ignoreTrailingWhiteSpace=False,
    )


def _harmless(text: Column) -> Column:
    bare = F.ltrim(text)  # some programs trim what they import
    formula = reduce(Column.__or__, (bare.startswith(start) for start in FORMULA_STARTS))
    within = F.regexp_replace(text, FORMULA_WITHIN, "$1'$2")
    return F.when(formula, F.concat(F.lit("'"), within)).otherwise(within)


def _harmless_name(name: str) -> str:
    within = re.sub(FORMULA_WITHIN, r"\1'\2", name)
    return f"'{within}" if name.lstrip().startswith(FORMULA_STARTS) else within


def predicted_of(rows: DataFrame, problem: str) -> dict[str, Any]:
    """What was predicted, over all rows."""
    if problem == REGRESSION:
        found = rows.agg(
            *(f(PREDICTION).alias(n) for n, f in (("min", F.min), ("max", F.max), ("mean", F.avg)))
        ).first()
        assert found is not None, "an aggregate without groups has one row"
        return found.asDict()
    counted = rows.groupBy(PREDICTION).count()
    commonest = counted.sort(F.desc("count"), PREDICTION).limit(MOST_VALUES).collect()
    return {row[PREDICTION]: row["count"] for row in commonest}


if __name__ == "__main__":
    from spark_jobs.runtime.submit import main

    main(run, __doc__)
