"""Inspect CSV files before they are read: which Spark can read, and which are unreadable."""

from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from pyspark.sql import SparkSession

from spark_jobs.contract import Dialect
from spark_jobs.reading.csv_compatibility import Compatibility, check_compatibility
from spark_jobs.reading.file_records import read_records
from spark_jobs.reading.source_bytes import COMPRESSED, ZIP, is_compressed, open_source
from spark_jobs.runtime.job import JobError, SourceFile

THREADS = 8  # most of the time is spent waiting for S3
MAX_ERRORS = 5  # that are reported one by one


@dataclass(frozen=True)
class Inspection:
    """Whether Spark can read a file, or the message of the error if it can't be read at all."""

    compatibility: Compatibility
    error: str | None = None


def inspect_files(
    spark: SparkSession, files: Sequence[SourceFile], dialect: Dialect
) -> dict[str, Compatibility]:
    """Return whether Spark can read each file, by the file's name.

    Raises:
        JobError: files are damaged, or have records that do not end or are too long.
    """
    inspect = partial(inspect_file, dialect=dialect)
    if has_workers(spark):
        inspections = spark.sparkContext.parallelize(files, len(files)).map(inspect).collect()
    else:
        with ThreadPoolExecutor(THREADS) as threads:
            inspections = list(threads.map(inspect, files))
    if errors := [each.error for each in inspections if each.error]:
        more = f"\nand {len(errors) - MAX_ERRORS} more files" if len(errors) > MAX_ERRORS else ""
        raise JobError("\n".join(errors[:MAX_ERRORS]) + more)
    return {file.name: each.compatibility for file, each in zip(files, inspections, strict=True)}


def inspect_file(file: SourceFile, dialect: Dialect) -> Inspection:
    """Scan the file, and parse it record by record if Spark can't read it."""
    try:
        if is_compressed(file.uri) and not file.uri.endswith(COMPRESSED):
            compatibility = Compatibility("has a suffix in capitals", line_records=False)
        elif file.uri.endswith(ZIP):
            compatibility = Compatibility("is a zip archive", line_records=False)
        else:
            with open_source(file) as stored:
                compatibility = check_compatibility(stored, dialect)
        if compatibility.obstacle:
            with open_source(file) as stored:
                deque(read_records(stored, file.name, dialect), maxlen=0)
    except JobError as error:
        return Inspection(Compatibility(None, line_records=False), str(error))
    return Inspection(compatibility)


def has_workers(spark: SparkSession) -> bool:
    """Return whether there are machines other than the driver's."""
    return not str(spark.sparkContext.master).startswith("local")
