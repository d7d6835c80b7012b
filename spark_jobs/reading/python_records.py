"""Records that Python reads, one task for each file, as a DataFrame."""

import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import (
    ArrayType,
    BooleanType,
    LongType,
    StringType,
    StructField,
    StructType,
)

from spark_jobs.columns import RECORD_COLUMNS
from spark_jobs.reading.file_tasks import has_workers
from spark_jobs.runtime.job import SourceFile

MAX_RAW_CHARACTERS = 64 * 1024  # of a rejected record
TEXT_TYPE, LONG, FLAG, TEXTS = StringType(), LongType(), BooleanType(), ArrayType(StringType())
RECORD_TYPES = (TEXT_TYPE, LONG, LONG, LONG, TEXT_TYPE, TEXTS, FLAG, FLAG, TEXTS, FLAG)


def frame_of_rows(
    spark: SparkSession,
    files: Sequence[SourceFile],
    names: Sequence[str],
    rows_of: Callable[[SourceFile], Iterable[tuple[Any, ...]]],
) -> DataFrame:
    """Return the rows of all files.

    Args:
        spark: the job's session.
        files: to read.
        names: of the columns, which are texts.
        rows_of: returns the values of each row of a file: those of `names`, then those of
            `RECORD_COLUMNS`.
    """
    if not has_workers(spark):
        # Spark would take the first Python on the path
        spark.sparkContext.pythonExec = sys.executable
    schema = StructType([StructField(name, StringType()) for name in names])
    for name, kind in zip(RECORD_COLUMNS, RECORD_TYPES, strict=True):
        schema.add(name, kind)
    rows = spark.sparkContext.parallelize(files, len(files)).flatMap(rows_of)
    return spark.createDataFrame(rows, schema, verifySchema=False)
