"""Looks at CSV files before they are read: which are plain, and which can't be read at all."""

from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

from pyspark.sql import SparkSession

from spark_jobs.reading.csv_exact import records
from spark_jobs.reading.csv_plain import Shape, shape_of
from spark_jobs.reading.places import on_workers
from spark_jobs.reading.source_bytes import opened
from spark_jobs.runtime.job import JobError, SourceFile

THREADS = 8  # most of the time goes by in waiting for S3
SHOWN = 5  # errors that are told


@dataclass(frozen=True)
class Look:
    """The shape of a file, or what is wrong with it if it can't be read."""

    shape: Shape
    error: str | None = None


def shapes_of(
    spark: SparkSession, files: Sequence[SourceFile], dialect: Mapping[str, Any]
) -> dict[str, Shape]:
    """The shape of each file, by the file's name.

    Raises:
        JobError: files are damaged, or have records that do not end or are too long.
    """
    look_at = partial(look, dialect=dialect)
    if on_workers(spark):
        looks = spark.sparkContext.parallelize(files, len(files)).map(look_at).collect()
    else:
        with ThreadPoolExecutor(THREADS) as threads:
            looks = list(threads.map(look_at, files))
    if errors := [seen.error for seen in looks if seen.error]:
        more = f"\nand {len(errors) - SHOWN} files more" if len(errors) > SHOWN else ""
        raise JobError("\n".join(errors[:SHOWN]) + more)
    return {file.name: seen.shape for file, seen in zip(files, looks, strict=True)}


def look(file: SourceFile, dialect: Mapping[str, Any]) -> Look:
    """Read the file once if it is plain, else once more, record by record."""
    try:
        with opened(file) as stored:
            shape = shape_of(stored, dialect)
        if shape.oddity:
            with opened(file) as stored:
                deque(records(stored, file.name, dialect), maxlen=0)
    except JobError as error:
        return Look(Shape(None, lines=False), str(error))
    return Look(shape)
