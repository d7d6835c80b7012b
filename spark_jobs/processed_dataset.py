"""Types and cleans the rows of the snapshot by the contract.

Nothing is fitted here, so nothing can leak from the test side to the training side. The rows of
files that an earlier version has are taken as they are; those of new files become one part.
"""

from collections.abc import Mapping
from logging import Logger
from typing import Any

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from spark_jobs.cleaning.batch import Batch, gather
from spark_jobs.cleaning.described import together
from spark_jobs.cleaning.distributions import distributions
from spark_jobs.cleaning.duplicates import count_duplicates
from spark_jobs.columns import names_of, quoted
from spark_jobs.kept import rows_of
from spark_jobs.runtime.job import Request, Result, Stopwatch

MOST_CLASSES = 1000  # that are counted one by one


def run(spark: SparkSession, request: Request, log: Logger) -> Result:
    """Write the rows of the new files as a part: `kept/` and, if there are any, `rejected/`.

    Both are Parquet; `_file` names the file of a row. Figures: `columns` (missing, min, max and
    mean by column), `label` (see `label_figures`), `rules` (rows that broke each), `duplicates`
    (rows that equal an earlier one, and that have its id), `distributions` (see `distributions`),
    `schema` (Spark's type by column), `bytes_read` and `files_read` (of the source, by this
    attempt).

    Raises:
        JobError: a file can't be read, or a rule can't be applied.
    """
    contract, watch = request.contract, Stopwatch()
    done = gather(Batch(spark, request, request.inputs["raw_csv_s3"].files, watch, log))
    kept = rows_of(spark, request.lake, done.parts)
    columns = together([(part.rows["kept"], part.figures["columns"]) for part in done.parts])
    with watch.phase("count"):
        duplicates = count_duplicates(kept, names_of(contract), by_id=bool(contract["id"]))
        label = label_figures(kept, contract["label"], columns)
        spread = distributions(kept, done.rows["kept"], contract)
    figures = {
        **done.figures,
        "columns": columns,
        "schema": {field.name: field.dataType.simpleString() for field in kept.schema},
        "label": label,
        "duplicates": duplicates,
        "distributions": spread,
    }
    return Result(done.rows, figures, watch.seconds, done.written)


def label_figures(
    kept: DataFrame, label: Mapping[str, Any] | None, columns: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any] | None:
    """What the kept rows' label is like.

    Of two classes, rows by side: `positive` and `other`, and by value if the contract names several
    `negative`; of many, rows by class: `classes`, the commonest first; of a number, `min`, `max`
    and `mean`.
    """
    if not label:
        return None
    value = quoted(label["column"])
    if label["kind"] == "numeric":
        return {figure: columns[label["column"]][figure] for figure in ("min", "max", "mean")}
    if label["positive"] is not None:
        negative = label["negative"] or []
        counts = (F.count_if(value == each) for each in (label["positive"], *negative))
        rows, positive, *rest = _only(kept, F.count(F.lit(1)), *counts)
        by_value = {"negative": dict(zip(negative, rest, strict=True))} if len(rest) > 1 else {}
        return {"positive": positive, "other": rows - positive, **by_value}
    counted = kept.groupBy(value.alias("value")).count()
    commonest = counted.sort(F.desc("count"), "value").limit(MOST_CLASSES).collect()
    return {"classes": {row["value"]: row["count"] for row in commonest}}


def _only(rows: DataFrame, *wanted: Column) -> tuple[Any, ...]:
    found = rows.agg(*wanted).first()
    assert found is not None, "an aggregate without groups has one row"
    return tuple(found)


if __name__ == "__main__":
    from spark_jobs.runtime.submit import main

    main(run, __doc__)
