"""Separate the rows that fit a contract from those that it rejects."""

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pyspark.sql import Column, DataFrame, Observation, SparkSession
from pyspark.sql import functions as F

from spark_jobs.cleaning.column_summaries import summary_aggregates
from spark_jobs.cleaning.rules import Rule
from spark_jobs.cleaning.typed_rows import TypedRows, type_records
from spark_jobs.columns import FILE, ORIGIN, REJECTED, quoted
from spark_jobs.contract import DatasetContract
from spark_jobs.reading.csv_records import raw_text
from spark_jobs.reading.errors import translate_read_errors
from spark_jobs.reading.records import Records
from spark_jobs.runtime.job import Stopwatch

SPARK_SETTINGS = {
    # the method of a whole stage grows with each column, and Java does not compile longer ones
    "spark.sql.codegen.hugeMethodLimit": "8000",
    # beyond 64 KB there is no such method, which Spark finds out with a long trace in the log
    "spark.sql.codegen.maxFields": "20",
    # pushed down below the cleaning steps, a filter would repeat all that it depends on
    "spark.sql.optimizer.excludedRules": (
        "org.apache.spark.sql.catalyst.optimizer.PushDownPredicates"
    ),
    # the rule that empties a plan without rows also removes the observation from it
    "spark.sql.adaptive.optimizer.excludedRules": (
        "org.apache.spark.sql.execution.adaptive.AQEPropagateEmptyRelation"
    ),
    # Spark would compare the expressions of all columns with each other to derive filters, none of
    # which helps: of 400 columns, that took half of the time
    "spark.sql.constraintPropagation.enabled": "false",
}
# interpreted, the aggregates of one observation take time by the square of their number, but Spark
# analyses the whole plan again for each observation
OBSERVED_AGGREGATES = 300


@dataclass(frozen=True)
class Separated:
    """How many rows were read (`in`), kept and rejected, and how many broke each rule.

    `aggregates` are those of `summary_aggregates` over the kept rows.
    """

    rows: dict[str, int]
    rules: dict[str, int]
    aggregates: Mapping[str, Any]


def separate(
    records: Records,
    contract: DatasetContract,
    extra_rules: Sequence[Rule] = (),
    *,
    write: Callable[[DataFrame], None],
    rejected: str,
    stopwatch: Stopwatch,
) -> Separated:
    """Write the kept rows, and the rejected ones if there are any.

    Args:
        records: all of them.
        contract: by which to clean them.
        extra_rules: in addition to the contract's.
        write: called once with the kept rows, which it must evaluate once.
        rejected: a folder, for file, position, raw text, reason and broken rules of each
            rejected row.
        stopwatch: measures the phases `process` and `reject`.

    Raises:
        JobError: a file can't be read.
    """
    spark = records.frame.sparkSession
    for name, value in SPARK_SETTINGS.items():
        spark.conf.set(name, value)
    typed = type_records(records.frame, contract, extra_rules)
    all_rows, kept_rows = Observation("in"), Observation("kept")
    kept = (
        typed.rows.select(*(quoted(name) for name in typed.names), FILE, REJECTED)
        .observe(all_rows, F.count(F.lit(1)).alias("rows"))
        .where(~F.col(REJECTED))
        .drop(REJECTED)
    )
    kept = kept.observe(kept_rows, F.count(F.lit(1)).alias("rows"))
    summaries: list[Observation] = []
    aggregates = summary_aggregates(kept)
    for start in range(0, len(aggregates), OBSERVED_AGGREGATES):
        summaries.append(Observation(f"summaries {start}"))
        kept = kept.observe(summaries[-1], *aggregates[start : start + OBSERVED_AGGREGATES])
    with stopwatch.phase("process"), translate_read_errors():
        write(kept)
    rows = {"in": all_rows.get["rows"], "kept": kept_rows.get["rows"], "rejected": 0}
    rules: dict[str, int] = {}
    if rows["kept"] < rows["in"]:
        with stopwatch.phase("reject"), translate_read_errors():
            if records.numbered:
                typed = type_records(records.numbered, contract, extra_rules)
            rules = _write_rejected(spark, _rejected_rows(typed, raw_text(contract)), rejected)
        rows["rejected"] = rules.pop("")
    observed = {name: value for each in summaries for name, value in each.get.items()}
    return Separated(rows, rules, observed)


def _rejected_rows(typed: TypedRows, raw: Column) -> DataFrame:
    """Return the rejected rows as users see them."""
    rules = typed.rules
    return typed.rows.where(REJECTED).select(
        *(F.col(name).alias(name.removeprefix("_")) for name in ORIGIN),
        raw.alias("raw"),
        F.concat_ws("; ", *(F.when(rule.broken, rule.reason()) for rule in rules)).alias("reason"),
        F.array_compact(F.array(*(F.when(rule.broken, rule.key) for rule in rules))).alias("rules"),
    )


def _write_rejected(spark: SparkSession, rejected: DataFrame, path: str) -> dict[str, int]:
    with one_task_per_file(spark):
        rejected.repartition(1).write.parquet(path)
    return count_broken_rules(spark.read.parquet(path))


def count_broken_rules(rejected: DataFrame) -> dict[str, int]:
    """Return how many of the written rejected rows broke each rule, and under "" their number."""
    rule = F.explode(F.array_append(F.array_distinct("rules"), "")).alias("rule")
    counts = rejected.select(rule).groupBy("rule").count()
    return {row["rule"]: row["count"] for row in sorted(counts.collect())}


@contextmanager
def one_task_per_file(spark: SparkSession) -> Generator[None]:
    """Make frames that are evaluated in the block number the records of unsplit files exactly."""
    open_cost, partition_bytes = (
        "spark.sql.files.openCostInBytes",
        "spark.sql.files.maxPartitionBytes",
    )
    before = str(spark.conf.get(open_cost))
    # the cost to open a file then fills a task, so no task gets a second file
    spark.conf.set(open_cost, str(spark.conf.get(partition_bytes)))
    try:
        yield
    finally:
        spark.conf.set(open_cost, before)
