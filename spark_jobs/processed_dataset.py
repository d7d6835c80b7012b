"""Types and cleans the rows of the snapshot by the contract.

Nothing is fitted here, so nothing can leak from the test side to the training side.
"""

from collections.abc import Mapping
from logging import Logger
from typing import Any

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from spark_jobs.cleaning.cells import clean
from spark_jobs.cleaning.duplicates import count_duplicates
from spark_jobs.cleaning.rules import check_patterns
from spark_jobs.cleaning.separation import Separated, described, separate
from spark_jobs.columns import names_of, quoted
from spark_jobs.reading.records import read
from spark_jobs.runtime.job import Request, Result, Stopwatch

MOST_CLASSES = 1000  # that are counted one by one


def run(spark: SparkSession, request: Request, log: Logger) -> Result:
    """Write `kept/` and, if a row breaks the contract, `rejected/`, both as Parquet.

    Figures: `columns` (missing, min, max and mean by column), `label` (see `label_figures`),
    `rules` (rows that broke each), `duplicates` (rows that equal an earlier one, and that have
    its id), `schema` (Spark's type by column).

    Raises:
        JobError: a file can't be read, or a rule can't be applied.
    """
    contract = request.contract
    watch = Stopwatch()
    kept = f"{request.output}/kept"
    check_patterns(spark, contract)
    with watch.phase("look"):
        records = read(spark, request.inputs["raw_csv_s3"].files, contract, log)

    def write(rows: DataFrame) -> None:
        (rows.repartition(records.tasks) if records.tasks else rows).write.parquet(kept)

    cleaned = clean(records.frame, contract)
    done = separate(
        cleaned,
        contract,
        write=write,
        rejected=f"{request.output}/rejected",
        watch=watch,
        found=_sides(contract),
    )
    log.info("%(in)s rows in, %(kept)s kept, %(rejected)s rejected", done.rows)
    with watch.phase("count"):
        duplicates = count_duplicates(spark, kept, names_of(contract), by_id=bool(contract["id"]))
        label = label_figures(spark, kept, contract["label"], done)
    figures = {
        "columns": described(done.observed, done.rows["kept"]),
        "table_rows": done.rows["kept"],
        "schema": {
            field.name: field.dataType.simpleString() for field in spark.read.parquet(kept).schema
        },
        "label": label,
        "rules": done.rules,
        "duplicates": duplicates,
    }
    return Result(done.rows, figures, watch.seconds)


def _sides(contract: Mapping[str, Any]) -> list[Column]:
    label = contract["label"]
    if not label or label["positive"] is None:
        return []
    return [F.count_if(quoted(label["column"]) == label["positive"]).alias("positive")]


def label_figures(
    spark: SparkSession, kept: str, label: Mapping[str, Any] | None, done: Separated
) -> dict[str, Any] | None:
    """What the kept rows' label is like.

    Of two classes, rows by side: `positive` and `other`; of many, rows by class: `classes`, the
    commonest first; of a number, `min`, `max` and `mean`.
    """
    if not label:
        return None
    name, rows = label["column"], done.rows["kept"]
    if label["kind"] == "numeric":
        numbers = described(done.observed, rows)[name]
        return {figure: numbers[figure] for figure in ("min", "max", "mean")}
    if label["positive"] is not None:
        positive = done.observed["positive"]
        return {"positive": positive, "other": rows - positive}
    value = quoted(name).alias("value")
    counted = spark.read.parquet(kept).groupBy(value).count()
    commonest = counted.sort(F.desc("count"), "value").limit(MOST_CLASSES).collect()
    return {"classes": {row["value"]: row["count"] for row in commonest}}


if __name__ == "__main__":
    from spark_jobs.runtime.submit import main

    main(run, __doc__)
