"""Parquet files as a DataFrame of text, so that all formats are cleaned in the same way."""

from collections.abc import Iterator, Sequence
from functools import reduce
from itertools import groupby
from typing import NamedTuple

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import (
    AtomicType,
    BinaryType,
    DataType,
    NullType,
    StructField,
    StructType,
    VariantType,
)

from spark_jobs.columns import (
    FIELDS,
    ORIGIN,
    SKIPPED,
    STRAY_QUOTE,
    TEXT,
    UNDECODABLE,
    WRONG_FIELD_COUNT,
    quoted,
)
from spark_jobs.reading.csv_records import escape_glob, file_name
from spark_jobs.reading.parquet_schema import (
    NANOS_AS_LONG,
    UNREADABLE,
    footer_schema,
    is_foreign,
    readable,
    value_of,
)
from spark_jobs.runtime.job import JobError, SourceFile

FilesBySchema = list[tuple[list[SourceFile], StructType]]
# errors of Spark after which each file is read by its own schema
BY_FILE = ("CANNOT_MERGE_SCHEMAS", "PARQUET_TYPE_", "UNSUPPORTED_TIME_TYPE", "DECIMAL_PRECISION")


def read_parquet(
    spark: SparkSession, files: Sequence[SourceFile], names: Sequence[str]
) -> DataFrame:
    """Return every row of the files, with the named columns as text.

    The other columns are those of `read_csv`; `_record` is exact, and `_text` is the row as JSON.

    A field within a column is named by its path, such as `address.city`. Columns that Spark can't
    read do not matter unless they are named.

    Raises:
        JobError: a named column is binary, has more than one value in a row, or has a type that
            Spark can't read.
    """

    def columns(file: SourceFile) -> tuple[str, ...]:
        return file.columns

    frames = [
        _read(spark, same_schema, schema, names)
        for _, group in groupby(sorted(files, key=columns), columns)
        for same_schema, schema in _group_by_schema(spark, list(group))
    ]
    return reduce(DataFrame.unionByName, frames)


def _group_by_schema(spark: SparkSession, files: list[SourceFile]) -> FilesBySchema:
    """Group files with equal column names by the types of the columns."""
    spark.conf.set(NANOS_AS_LONG, "true")
    # asked first, because Spark logs a long trace before it refuses a type
    if not is_foreign(footer_schema(spark, files[0])):
        try:
            return [(files, _inferred_schema(spark, files))]
        except (PySparkException, Py4JError) as error:
            if len(files) == 1 or not any(each in str(error) for each in BY_FILE):
                raise
    by_schema: dict[str, tuple[list[SourceFile], StructType]] = {}
    for file in files:
        schema = footer_schema(spark, file)
        by_schema.setdefault(schema.json(), ([], schema))[0].append(file)
    return list(by_schema.values())


def _inferred_schema(spark: SparkSession, files: Sequence[SourceFile]) -> StructType:
    paths = [escape_glob(file.uri) for file in files]
    # else nanoseconds in one of the files would pass for numbers
    spark.conf.set(NANOS_AS_LONG, "false")
    try:
        return spark.read.parquet(*paths, mergeSchema=len(files) > 1).schema
    finally:
        spark.conf.set(NANOS_AS_LONG, "true")


def _read(
    spark: SparkSession, files: Sequence[SourceFile], schema: StructType, names: Sequence[str]
) -> DataFrame:
    # by position: the snapshot may spell a name differently, as it composes accented letters
    leaves = dict(zip(files[0].columns, _leaves(schema), strict=True))
    for name in names:
        field = leaves[name].field
        kind = field.dataType
        if UNREADABLE in field.metadata:
            raise JobError(
                f"{files[0].name}: the column '{name}' has the Parquet type "
                f"{field.metadata[UNREADABLE]}, which Spark can't read: remove it from the "
                "contract, or write it as another type, such as a 64-bit float or text"
            )
        if not _is_scalar(kind):
            raise JobError(
                f"{files[0].name}: the column '{name}' has the type {kind.simpleString()}, which "
                "is neither a number nor text: remove it from the contract, or write it as text"
            )
    requested = readable(schema)
    frame = spark.read.schema(requested).parquet(*(escape_glob(file.uri) for file in files))
    scalars = [
        value_of(quoted(field.name), field).alias(field.name)
        for field in requested.fields
        if _is_scalar(field.dataType)
    ]
    null = F.lit(None).cast("long")
    origin = (file_name(files), F.col("_metadata.row_index") + 1, null, null)
    return frame.select(
        *(leaves[name].column.cast("string").alias(name) for name in names),
        *(column.alias(name) for column, name in zip(origin, ORIGIN, strict=True)),
        F.to_json(F.struct(*scalars), {"ignoreNullFields": "false"}).alias(TEXT),
        F.lit(None).cast("array<string>").alias(FIELDS),
        F.lit(False).alias(WRONG_FIELD_COUNT),
        F.lit(False).alias(STRAY_QUOTE),
        F.lit(None).cast("array<string>").alias(UNDECODABLE),
        F.lit(False).alias(SKIPPED),
    )


class _Leaf(NamedTuple):
    """A column, or a field within one."""

    column: Column
    field: StructField


def _leaves(schema: StructType, parent: Column | None = None) -> Iterator[_Leaf]:
    """Yield the columns in order, and instead of a struct its fields."""
    for field in schema.fields:
        column = quoted(field.name) if parent is None else parent.getField(field.name)
        if isinstance(field.dataType, StructType):
            yield from _leaves(field.dataType, column)
        else:
            yield _Leaf(value_of(column, field), field)


def _is_scalar(kind: DataType) -> bool:
    return isinstance(kind, (AtomicType, NullType)) and not isinstance(
        kind, (BinaryType, VariantType)
    )
