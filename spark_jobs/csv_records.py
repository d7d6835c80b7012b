"""CSV files as a DataFrame of text, one column per name in the header."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from functools import reduce
from math import ceil
from typing import Any

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructField, StructType

from spark_jobs.names import MALFORMED, ORIGIN
from spark_jobs.runtime.job import SourceFile

RAW_LIMIT = 64 * 1024  # characters of a rejected record that are kept
ROW_NUMBER_BITS = 33  # monotonically_increasing_id: the partition's number stands above these
BYTES_PER_TASK = 16 << 20
COMPRESSED = (".gz", ".bz2")


def read_csv(
    spark: SparkSession,
    files: Sequence[SourceFile],
    names: Sequence[str],
    dialect: Mapping[str, Any],
) -> DataFrame:
    """Every record of the files, with the named columns as text.

    Files may hold the columns in any order, and others too. Beside the named ones stand
    `_file` (its name in the snapshot), `_malformed` (true where the record has too few or too
    many fields), `_raw` (its text), and where it is: `_record`, its number in the file counted
    from 1 (exact within `one_task_per_file`), or, where files are split, `_byte_start` and
    `_byte_length` of the part that it is in.
    """
    by_header: dict[tuple[str, ...], list[SourceFile]] = {}
    for file in files:
        by_header.setdefault(file.columns, []).append(file)
    frames = [
        _read_alike(spark, alike, header, names, dialect) for header, alike in by_header.items()
    ]
    return reduce(DataFrame.unionByName, frames)


def malformed() -> Column:
    """True where the record has too few or too many fields."""
    return F.col(MALFORMED).isNotNull()


def write_tasks(
    spark: SparkSession, files: Sequence[SourceFile], dialect: Mapping[str, Any]
) -> int | None:
    """Into how many parts to write what was read, or None where reading has split it well.

    A file that can't be split is read by one task; what follows shall not be.
    """
    split = not dialect["multiline"] and not any(f.uri.endswith(COMPRESSED) for f in files)
    size = sum(file.size * (4 if file.uri.endswith(COMPRESSED) else 1) for file in files)
    tasks = min(spark.sparkContext.defaultParallelism, ceil(size / BYTES_PER_TASK))
    return None if split and tasks > 1 else max(tasks, 1)


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


def _read_alike(
    spark: SparkSession,
    files: Sequence[SourceFile],
    header: Sequence[str],
    names: Sequence[str],
    dialect: Mapping[str, Any],
) -> DataFrame:
    # positions instead of names: a header may hold names that Spark takes for something else
    fields = [StructField(f"c{i}", StringType()) for i in range(len(header))]
    frame = (
        spark.read.schema(StructType([*fields, StructField(MALFORMED, StringType())]))
        .options(
            header=True,
            sep=dialect["delimiter"],
            quote=dialect["quote"],
            escape=dialect["escape"],
            encoding=dialect["encoding"],
            multiLine=dialect["multiline"],
            ignoreLeadingWhiteSpace=dialect["trim"],
            ignoreTrailingWhiteSpace=dialect["trim"],
            mode="PERMISSIVE",
            columnNameOfCorruptRecord=MALFORMED,
        )
        .csv([_literal(file.uri) for file in files])
    )
    as_read = F.to_csv(
        F.struct(*(field.name for field in fields)),
        {"sep": dialect["delimiter"], "quote": dialect["quote"], "escape": dialect["escape"]},
    )
    return frame.select(
        *(F.col(f"c{header.index(name)}").alias(name) for name in names),
        _name(files).alias("_file"),
        *_position(dialect["multiline"]),
        F.substring(F.coalesce(MALFORMED, as_read), 1, RAW_LIMIT).alias("_raw"),
        MALFORMED,
    )


def _literal(uri: str) -> str:
    """The path with those characters escaped that Hadoop takes for a pattern."""
    return "".join(f"\\{char}" if char in "{}[]*?\\" else char for char in uri)


def _name(files: Sequence[SourceFile]) -> Column:
    if len(files) == 1:
        return F.lit(files[0].name)
    known = {"/" + file.uri.removeprefix("s3://").lstrip("/"): file.name for file in files}
    names = F.create_map(*(F.lit(item) for pair in known.items() for item in pair))
    # Spark gives the file's URI, in which a plus is a plus and not a blank
    uri = F.replace(F.col("_metadata.file_path"), F.lit("+"), F.lit("%2B"))
    return names[F.url_decode(F.regexp_replace(uri, "^[a-z0-9]+:/+", "/"))]


def _position(multiline: bool) -> list[Column]:
    nothing = F.lit(None).cast("long")
    if multiline:
        number = F.monotonically_increasing_id().bitwiseAND((1 << ROW_NUMBER_BITS) - 1) + 1
        found = (number, nothing, nothing)
    else:
        found = (
            nothing,
            F.col("_metadata.file_block_start"),
            F.col("_metadata.file_block_length"),
        )
    return [column.alias(name) for column, name in zip(found, ORIGIN[1:4], strict=True)]
