"""The schema of a Parquet file, even if Spark can't read all of its types."""

import json
from collections.abc import Iterator
from typing import Any

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import NullType, StructField, StructType

from spark_jobs.runtime.job import SourceFile

# keys of a field's metadata
NANOSECONDS = "nanoseconds"
UNREADABLE = "unreadable"
NANOS_AS_LONG = "spark.sql.legacy.parquet.nanosAsLong"
TIME_OF_DAY = '":"time('  # of a field or its elements, in a schema as JSON


def footer_schema(spark: SparkSession, file: SourceFile) -> StructType:
    """Return the schema by the file's footer, if `NANOS_AS_LONG` is set.

    A timestamp in nanoseconds, which Spark refuses, is a long with `NANOSECONDS` in its metadata.
    A column that Spark can't read at all is void, with its Parquet type under `UNREADABLE`.
    """
    jvm: Any = spark.sparkContext._jvm  # pyright: ignore[reportPrivateUsage] - no public way
    session: Any = spark._jsparkSession  # pyright: ignore[reportPrivateUsage] - no public way
    state = session.sessionState()
    path = jvm.org.apache.hadoop.fs.Path(file.uri)
    parquet = jvm.org.apache.parquet
    stored = parquet.hadoop.util.HadoopInputFile.fromPath(path, state.newHadoopConf())
    reader = parquet.hadoop.ParquetFileReader.open(stored)
    try:
        message = reader.getFileMetaData().getSchema()
    finally:
        reader.close()
    spark_parquet = jvm.org.apache.spark.sql.execution.datasources.parquet
    converter = spark_parquet.ParquetToSparkSchemaConverter(state.conf())

    def converted(field: Any) -> StructField:
        alone = jvm.java.util.ArrayList()
        alone.add(field)
        annotation = field.getLogicalTypeAnnotation()
        kind = annotation.toString() if annotation else field.toString()
        try:
            schema = converter.convert(parquet.schema.MessageType("alone", alone)).json()
        except (PySparkException, Py4JError):
            schema = None
        if schema is None or TIME_OF_DAY in schema:
            return StructField(field.getName(), NullType(), metadata={UNREADABLE: kind})
        (result,) = StructType.fromJson(json.loads(schema)).fields
        if kind.startswith("TIMESTAMP(NANOS"):
            result.metadata = {NANOSECONDS: True}
        return result

    def fields(group: Any) -> Iterator[StructField]:
        for field in group.getFields():
            if _is_struct(field):
                yield StructField(field.getName(), StructType(list(fields(field))))
            else:
                yield converted(field)

    return StructType(list(fields(message)))


def _is_struct(field: Any) -> bool:
    return not (
        field.isPrimitive()
        or field.getLogicalTypeAnnotation()
        or field.getRepetition().toString() == "REPEATED"
    )


def is_foreign(schema: StructType) -> bool:
    """Return whether Spark's own inference would refuse a schema of `footer_schema`."""
    return any(
        is_foreign(field.dataType) if isinstance(field.dataType, StructType) else field.metadata
        for field in schema.fields
    )


def readable(schema: StructType) -> StructType:
    """Return the schema without the columns that Spark can't read."""
    kept: list[StructField] = []
    for field in schema.fields:
        if isinstance(field.dataType, StructType):
            within = readable(field.dataType)
            if within.fields:
                kept.append(StructField(field.name, within))
        elif UNREADABLE not in field.metadata:
            kept.append(field)
    return StructType(kept)


def value_of(column: Column, field: StructField) -> Column:
    """Return the values of a column; nanoseconds as timestamps, whole microseconds."""
    if NANOSECONDS not in field.metadata:
        return column
    thousand = F.lit(1000)
    return F.timestamp_micros(F.call_function("div", column - F.pmod(column, thousand), thousand))
