"""Source files of any format as records of text."""

from collections.abc import Sequence
from logging import Logger
from math import ceil
from typing import NamedTuple

from pyspark.sql import DataFrame, SparkSession

from spark_jobs.columns import column_names
from spark_jobs.contract import DatasetContract, Dialect
from spark_jobs.reading.csv_inspection import inspect_files
from spark_jobs.reading.csv_records import read_csv
from spark_jobs.reading.json_records import read_json_lines
from spark_jobs.reading.parquet_records import read_parquet
from spark_jobs.reading.source_bytes import is_compressed
from spark_jobs.runtime.job import JobError, SourceFile

BYTES_PER_TASK = 16 << 20
UNPACKED = 4  # rough ratio of unpacked to compressed size


class Records(NamedTuple):
    """The records, and in how many files to write them: None if they are read in enough parts.

    If `frame` does not number the records, because files are split, `numbered` has the same
    records with their numbers, but reads each file in one task.
    """

    frame: DataFrame
    tasks: int | None
    numbered: DataFrame | None = None


def read(
    spark: SparkSession, files: Sequence[SourceFile], contract: DatasetContract, log: Logger
) -> Records:
    """Return every record of the files, as described in `read_csv`, `read_json_lines` and
    `read_parquet`.

    Raises:
        JobError: a file can't be read, or lacks a column of the contract.
    """
    names = column_names(contract)
    for file in files:
        if missing := [name for name in names if name not in file.columns]:
            raise JobError(
                f"{file.name} has no column '{missing[0]}': correct its header, or `columns`, "
                "`label` and `id` in the contract"
            )
    log.info("reading %s files, %s bytes", len(files), f"{sum(f.size for f in files):,}")
    if contract["format"] == "parquet":
        return Records(read_parquet(spark, files, names), _tasks(spark, files, splittable=True))
    dialect = contract["dialect"]
    if contract["format"] == "jsonl":
        lines = read_json_lines(spark, files, names, dialect["max_record_bytes"])
        return Records(lines, _tasks(spark, files, splittable=False))
    compatibilities = inspect_files(spark, files, dialect)
    obstacles = {name: each.obstacle for name, each in compatibilities.items() if each.obstacle}
    for name, obstacle in obstacles.items():
        log.info("%s %s, so Python reads it, in one task", name, obstacle)
    compressed = any(is_compressed(file.uri) for file in files)
    line_records = all(each.line_records for each in compatibilities.values())
    tasks = _tasks(spark, files, splittable=line_records and not (obstacles or compressed))
    has_blanks = any(each.blank_records for each in compatibilities.values())
    whole = read_csv(spark, files, obstacles, names, dialect, has_blanks=has_blanks)
    if tasks or not dialect["multiline"]:
        return Records(whole, tasks)
    by_line: Dialect = {**dialect, "multiline": False}
    lines = read_csv(spark, files, obstacles, names, by_line, has_blanks=has_blanks)
    return Records(lines, tasks, numbered=whole)


def _tasks(spark: SparkSession, files: Sequence[SourceFile], *, splittable: bool) -> int | None:
    size = sum(file.size * (UNPACKED if is_compressed(file.uri) else 1) for file in files)
    tasks = min(spark.sparkContext.defaultParallelism, ceil(size / BYTES_PER_TASK))
    # a file that can't be split is read by one task, but what follows can use more
    return None if splittable and tasks > 1 else max(tasks, 1)
