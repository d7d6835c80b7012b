"""Type and clean the rows of the snapshot by the contract.

Nothing is fitted here, so nothing can leak from the test split to the training split. The rows of
files that an earlier version contains are reused; those of new files become one part.
"""

from collections.abc import Mapping
from logging import Logger

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from spark_jobs.aggregates import aggregate
from spark_jobs.cleaning.batch import Batch, part_figures, process_batch
from spark_jobs.cleaning.column_summaries import merge_summaries
from spark_jobs.cleaning.distributions import distributions
from spark_jobs.cleaning.duplicates import count_duplicates
from spark_jobs.cleaning.figures import ColumnSummary, DatasetFigures, LabelSummary
from spark_jobs.columns import column_names, quoted
from spark_jobs.contract import MAX_CLASSES, Label
from spark_jobs.dataset_rows import rows_of_parts
from spark_jobs.runtime.job import Request, Result, Stopwatch


def run(spark: SparkSession, request: Request, log: Logger) -> Result:
    """Write the rows of the new files as a part: `kept/` and, if there are any, `rejected/`.

    Both are Parquet; `_file` is the name of a row's file.

    Raises:
        JobError: a file can't be read, or a rule can't be applied.
    """
    stopwatch = Stopwatch()
    files = request.inputs["raw_csv_s3"].files
    batch = Batch(spark, request, files, stopwatch, log)
    contract = batch.contract
    manifest = process_batch(batch)
    kept = rows_of_parts(spark, request.lake, manifest.parts)
    columns = merge_summaries(
        [(part.rows["kept"], part_figures(part)["columns"]) for part in manifest.parts]
    )
    with stopwatch.phase("count"):
        figures: DatasetFigures = {
            **manifest.figures,
            "columns": columns,
            "schema": {field.name: field.dataType.simpleString() for field in kept.schema},
            "label": summarize_label(kept, contract["label"], columns),
            "duplicates": count_duplicates(
                kept, column_names(contract), by_id=bool(contract["id"])
            ),
            "distributions": distributions(kept, manifest.rows["kept"], contract),
        }
    return Result(manifest.rows, figures, stopwatch.seconds, manifest.new_part)


def summarize_label(
    kept: DataFrame, label: Label | None, columns: Mapping[str, ColumnSummary]
) -> LabelSummary | None:
    """Return the summary of the kept rows' label, or None without a label."""
    if not label:
        return None
    value = quoted(label["column"])
    if label["kind"] == "numeric":
        summary = columns[label["column"]]
        return {"min": summary.get("min"), "max": summary.get("max"), "mean": summary.get("mean")}
    if label["positive"] is not None:
        negative = label["negative"] or []
        counts = (F.count_if(value == each) for each in (label["positive"], *negative))
        rows, positive, *rest = aggregate(kept, F.count(F.lit(1)), *counts)
        binary: LabelSummary = {"positive": positive, "other": rows - positive}
        if len(negative) > 1:
            binary["negative"] = dict(zip(negative, rest, strict=True))
        return binary
    counted = kept.groupBy(value.alias("value")).count()
    most_frequent = counted.sort(F.desc("count"), "value").limit(MAX_CLASSES).collect()
    return {"classes": {row["value"]: row["count"] for row in most_frequent}}


if __name__ == "__main__":
    from spark_jobs.runtime.submit import main

    main(run, __doc__)
