"""Types and cleans the rows of the snapshot by the contract.

Nothing is fitted here, so nothing can leak from the test side to the training side.
"""

from logging import Logger

from pyspark.sql import Observation, SparkSession
from pyspark.sql import functions as F

from spark_jobs.cleaning import clean, counts, described, keep, names_of, quoted, write_rejected
from spark_jobs.csv_records import read_csv, write_tasks
from spark_jobs.names import REASON
from spark_jobs.runtime.job import Request, Result, Stopwatch


def run(spark: SparkSession, request: Request, log: Logger) -> Result:
    """Write `kept/` and, if a row breaks the contract, `rejected/`, both as Parquet.

    Figures: `columns` (missing, min, max and mean by column), `label` (rows by side of the
    label), `schema` (Spark's type by column).
    """
    contract = request.contract
    files = request.inputs["raw_csv_s3"].files
    label = contract["label"]
    watch = Stopwatch()
    records = read_csv(spark, files, names_of(contract), contract["dialect"])
    cleaned = clean(records, contract)
    observed = Observation("processed_dataset")
    found = counts(cleaned)
    if label:
        positive = quoted(label["column"]) == label["positive"]
        found.append(F.count_if(F.col(REASON).isNull() & positive).alias("positive"))

    log.info("reading %s files, %s bytes", len(files), f"{sum(f.size for f in files):,}")
    with watch.phase("process"):
        kept = keep(cleaned, observed, found)
        tasks = write_tasks(spark, files, contract["dialect"])
        (kept.repartition(tasks) if tasks else kept).write.parquet(f"{request.output}/kept")
    totals = observed.get
    rows = {"in": totals["in"], "kept": totals["kept"], "rejected": 0}
    if totals["kept"] < totals["in"]:
        with watch.phase("reject"):
            rows["rejected"] = write_rejected(spark, cleaned, f"{request.output}/rejected")
    log.info("%(in)s rows in, %(kept)s kept, %(rejected)s rejected", rows)
    figures = {
        "columns": described(totals),
        "table_rows": rows["kept"],
        "schema": {field.name: field.dataType.simpleString() for field in kept.schema},
        "label": label
        and {"positive": totals["positive"], "other": totals["kept"] - totals["positive"]},
    }
    return Result(rows, figures, watch.seconds)


if __name__ == "__main__":
    from spark_jobs.runtime.submit import main

    main(run, __doc__)
