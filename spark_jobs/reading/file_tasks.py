"""Work on each file of a source: on the executors, or in threads if Spark is local."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from pyspark.sql import SparkSession

from spark_jobs.runtime.job import JobError, SourceFile

THREADS = 8  # most of the time is spent waiting for S3
MAX_ERRORS = 5  # that are reported one by one
R = TypeVar("R")


def map_files(
    spark: SparkSession, files: Sequence[SourceFile], function: Callable[[SourceFile], R]
) -> list[R]:
    """Return what the function returns for each file, in the files' order."""
    if has_workers(spark):
        return spark.sparkContext.parallelize(files, len(files)).map(function).collect()
    with ThreadPoolExecutor(THREADS) as threads:
        return list(threads.map(function, files))


def report_errors(errors: Iterable[str | None]) -> None:
    """Raise a JobError with the first messages, if there are any."""
    if found := [error for error in errors if error]:
        more = f"\nand {len(found) - MAX_ERRORS} more files" if len(found) > MAX_ERRORS else ""
        raise JobError("\n".join(found[:MAX_ERRORS]) + more)


def has_workers(spark: SparkSession) -> bool:
    """Return whether there are machines other than the driver's."""
    return not str(spark.sparkContext.master).startswith("local")
