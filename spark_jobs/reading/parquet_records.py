"""Parquet files as a DataFrame of text, so that all formats are cleaned in the same way."""

from collections.abc import Iterator, Sequence
from functools import reduce
from itertools import groupby
from typing import NamedTuple

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import AtomicType, BinaryType, DataType, NullType, StructType, VariantType

from spark_jobs.columns import (
    FIELDS,
    ORIGIN,
    STRAY_QUOTE,
    TEXT,
    UNDECODABLE,
    WRONG_FIELD_COUNT,
    quoted,
)
from spark_jobs.reading.csv_records import escape_glob, file_name
from spark_jobs.runtime.job import JobError, SourceFile

FilesBySchema = list[tuple[list[SourceFile], StructType]]


def read_parquet(
    spark: SparkSession, files: Sequence[SourceFile], names: Sequence[str]
) -> DataFrame:
    """Return every row of the files, with the named columns as text.

    The other columns are those of `read_csv`; `_record` is exact, and `_text` is the row as JSON.

    A field within a column is named by its path, such as `address.city`.

    Raises:
        JobError: a named column is binary, or has more than one value in a row.
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
    try:
        return [(files, _schema(spark, files))]
    except (PySparkException, Py4JError) as error:
        if len(files) == 1 or "CANNOT_MERGE_SCHEMAS" not in str(error):
            raise
    by_schema: dict[str, tuple[list[SourceFile], StructType]] = {}
    for file in files:
        schema = _schema(spark, [file])
        by_schema.setdefault(schema.json(), ([], schema))[0].append(file)
    return list(by_schema.values())


def _schema(spark: SparkSession, files: Sequence[SourceFile]) -> StructType:
    paths = [escape_glob(file.uri) for file in files]
    return spark.read.parquet(*paths, mergeSchema=len(files) > 1).schema


def _read(
    spark: SparkSession, files: Sequence[SourceFile], schema: StructType, names: Sequence[str]
) -> DataFrame:
    frame = spark.read.schema(schema).parquet(*(escape_glob(file.uri) for file in files))
    # by position: the snapshot may spell a name differently, as it composes accented letters
    leaves = dict(zip(files[0].columns, _leaves(schema), strict=True))
    for name in names:
        kind = leaves[name].kind
        if not _is_scalar(kind):
            raise JobError(
                f"{files[0].name}: the column '{name}' has the type {kind.simpleString()}, which "
                "is neither a number nor text: remove it from the contract, or write it as text"
            )
    scalars = [quoted(field.name) for field in schema.fields if _is_scalar(field.dataType)]
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
    )


class _Leaf(NamedTuple):
    """A column, or a field within one."""

    column: Column
    kind: DataType


def _leaves(schema: StructType, parent: Column | None = None) -> Iterator[_Leaf]:
    """Yield the columns in order, and instead of a struct its fields."""
    for field in schema.fields:
        column = quoted(field.name) if parent is None else parent.getField(field.name)
        if isinstance(field.dataType, StructType):
            yield from _leaves(field.dataType, column)
        else:
            yield _Leaf(column, field.dataType)


def _is_scalar(kind: DataType) -> bool:
    return isinstance(kind, (AtomicType, NullType)) and not isinstance(
        kind, (BinaryType, VariantType)
    )
