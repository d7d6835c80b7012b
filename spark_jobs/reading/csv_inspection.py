"""Inspect CSV files before they are read: which Spark can read, and which are unreadable."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from pyspark.sql import SparkSession

from spark_jobs.contract import Dialect
from spark_jobs.reading.csv_compatibility import Compatibility, check_compatibility
from spark_jobs.reading.file_records import read_records
from spark_jobs.reading.file_tasks import map_files, report_errors
from spark_jobs.reading.source_bytes import COMPRESSED, ZIP, is_compressed, open_source
from spark_jobs.runtime.job import JobError, SourceFile


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
    inspections = map_files(spark, files, partial(inspect_file, dialect=dialect))
    report_errors(each.error for each in inspections)
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
