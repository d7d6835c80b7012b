"""Source files of any format as records of text."""

from collections.abc import Mapping, Sequence
from logging import Logger
from math import ceil
from typing import Any, NamedTuple

from pyspark.sql import DataFrame, SparkSession

from spark_jobs.columns import names_of
from spark_jobs.reading.csv_look import shapes_of
from spark_jobs.reading.csv_records import read_csv
from spark_jobs.reading.parquet_records import read_parquet
from spark_jobs.reading.source_bytes import COMPRESSED
from spark_jobs.runtime.job import JobError, SourceFile

BYTES_PER_TASK = 16 << 20


class Records(NamedTuple):
    """The records, and into how many parts to write them: None where reading splits them well.

    Where `frame` has no exact places in the files, because these are split, `placed` has the same
    records with them, read from each file by one task.
    """

    frame: DataFrame
    tasks: int | None
    placed: DataFrame | None = None


def read(
    spark: SparkSession, files: Sequence[SourceFile], contract: Mapping[str, Any], log: Logger
) -> Records:
    """Every record of the files, as `csv_records.read_csv` and `parquet_records` describe them.

    Raises:
        JobError: a file can't be read, or lacks a column of the contract.
    """
    names = names_of(contract)
    for file in files:
        if lacking := [name for name in names if name not in file.columns]:
            raise JobError(
                f"{file.name} has no column '{lacking[0]}': correct its header, or `columns`, "
                "`label` and `id` in the contract"
            )
    log.info("reading %s files, %s bytes", len(files), f"{sum(f.size for f in files):,}")
    if contract["format"] == "parquet":
        return Records(read_parquet(spark, files, names), _tasks(spark, files, split=True))
    dialect = contract["dialect"]
    shapes = shapes_of(spark, files, dialect)
    odd = {name: shape.oddity for name, shape in shapes.items() if shape.oddity}
    for name, why in odd.items():
        log.info("%s %s, so it is read with more care, by one task", name, why)
    packed = any(file.uri.endswith(COMPRESSED) for file in files)
    lines = all(shape.lines for shape in shapes.values())
    tasks = _tasks(spark, files, split=lines and not (odd or packed))
    whole = read_csv(spark, files, odd, names, dialect)
    if tasks or not dialect["multiline"]:
        return Records(whole, tasks)
    by_line = {**dialect, "multiline": False}
    return Records(read_csv(spark, files, odd, names, by_line), tasks, placed=whole)


def _tasks(spark: SparkSession, files: Sequence[SourceFile], *, split: bool) -> int | None:
    size = sum(file.size * (4 if file.uri.endswith(COMPRESSED) else 1) for file in files)
    tasks = min(spark.sparkContext.defaultParallelism, ceil(size / BYTES_PER_TASK))
    # a file that can't be split is read by one task; what follows shall not be
    return None if split and tasks > 1 else max(tasks, 1)
