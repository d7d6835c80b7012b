"""Separates the rows that a contract takes from those that it rejects."""

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pyspark.sql import Column, DataFrame, Observation, SparkSession
from pyspark.sql import functions as F

from spark_jobs.cleaning.cells import Cleaned, clean
from spark_jobs.cleaning.described import of_columns
from spark_jobs.cleaning.rules import Rule
from spark_jobs.columns import quoted
from spark_jobs.names import FILE, ORIGIN, REJECTED
from spark_jobs.reading.csv_records import raw_text
from spark_jobs.reading.errors import told
from spark_jobs.reading.records import Records
from spark_jobs.runtime.job import Stopwatch

SETTINGS = {
    # a method for a whole stage grows with each column, and Java leaves longer ones uncompiled
    "spark.sql.codegen.hugeMethodLimit": "8000",
    # and beyond 64 KB there is no such method, which Spark finds out with a long trace in the log
    "spark.sql.codegen.maxFields": "20",
    # below the steps of cleaning, a filter would repeat all that it depends on
    "spark.sql.optimizer.excludedRules": (
        "org.apache.spark.sql.catalyst.optimizer.PushDownPredicates"
    ),
    # the rule that makes a plan without rows empty takes the observation out of it, too
    "spark.sql.adaptive.optimizer.excludedRules": (
        "org.apache.spark.sql.execution.adaptive.AQEPropagateEmptyRelation"
    ),
}


@dataclass(frozen=True)
class Separated:
    """How many rows came in, were kept and rejected; how many broke each rule; what was observed.

    `observed` is what is described of each column of the kept rows.
    """

    rows: dict[str, int]
    rules: dict[str, int]
    observed: Mapping[str, Any]


def separate(
    records: Records,
    contract: Mapping[str, Any],
    further: Sequence[Rule] = (),
    *,
    write: Callable[[DataFrame], None],
    rejected: str,
    watch: Stopwatch,
) -> Separated:
    """Have the kept rows written, and write the rejected ones to `rejected`, if there are any.

    Args:
        records: all of them.
        contract: what they are cleaned by.
        further: rules beside the contract's.
        write: is called once with the kept rows, and runs them.
        rejected: a folder, for file, position, raw text, reason and broken rules of each
            rejected row.
        watch: takes the seconds of `process` and `reject`.

    Raises:
        JobError: a file can't be read.
    """
    spark = records.frame.sparkSession
    for name, value in SETTINGS.items():
        spark.conf.set(name, value)
    cleaned = clean(records.frame, contract, further)
    came, stayed = Observation("in"), Observation("kept")
    kept = (
        cleaned.rows.select(*(quoted(name) for name in cleaned.names), FILE, REJECTED)
        .observe(came, F.count(F.lit(1)).alias("rows"))
        .where(~F.col(REJECTED))
        .drop(REJECTED)
    )
    kept = kept.observe(stayed, F.count(F.lit(1)).alias("rows"), *of_columns(kept))
    with watch.phase("process"), told():
        write(kept)
    rows = {"in": came.get["rows"], "kept": stayed.get["rows"], "rejected": 0}
    rules: dict[str, int] = {}
    if rows["kept"] < rows["in"]:
        with watch.phase("reject"), told():
            if records.placed:
                cleaned = clean(records.placed, contract, further)
            rules = _write_rejected(spark, _told(cleaned, raw_text(contract)), rejected)
        rows["rejected"] = rules.pop("")
    return Separated(rows, rules, stayed.get)


def _told(cleaned: Cleaned, raw: Column) -> DataFrame:
    """The rejected rows as they are shown to the user."""
    rules = cleaned.rules
    return cleaned.rows.where(REJECTED).select(
        *(F.col(name).alias(name.removeprefix("_")) for name in ORIGIN),
        raw.alias("raw"),
        F.concat_ws("; ", *(F.when(rule.broken, rule.reason()) for rule in rules)).alias("reason"),
        F.array_compact(F.array(*(F.when(rule.broken, rule.key) for rule in rules))).alias("rules"),
    )


def _write_rejected(spark: SparkSession, rejected: DataFrame, path: str) -> dict[str, int]:
    with one_task_per_file(spark):
        rejected.repartition(1).write.parquet(path)
    return broken_rules(spark.read.parquet(path))


def broken_rules(rejected: DataFrame) -> dict[str, int]:
    """Of written rejected rows, how many broke each rule, and under "" how many any."""
    broken = F.explode(F.array_append(F.array_distinct("rules"), "")).alias("rule")
    counted = rejected.select(broken).groupBy("rule").count()
    return {row["rule"]: row["count"] for row in sorted(counted.collect())}


@contextmanager
def one_task_per_file(spark: SparkSession) -> Generator[None]:
    """Frames that are run in this block number the records of each unsplit file exactly."""
    name, other = "spark.sql.files.openCostInBytes", "spark.sql.files.maxPartitionBytes"
    before = str(spark.conf.get(name))
    # a file's cost to open then fills a task by itself, so no task takes a second one
    spark.conf.set(name, str(spark.conf.get(other)))
    try:
        yield
    finally:
        spark.conf.set(name, before)
