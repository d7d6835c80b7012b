"""Parquet files as a DataFrame of text, so that one way of cleaning does for all formats."""

from collections.abc import Sequence
from functools import reduce
from itertools import groupby

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import AtomicType, BinaryType, DataType, NullType, StructType, VariantType

from spark_jobs.columns import quoted
from spark_jobs.names import FIELDS, MALFORMED, ORIGIN, TEXT, TORN, UNDECODED
from spark_jobs.reading.csv_records import file_name, literal
from spark_jobs.runtime.job import JobError, SourceFile

Alike = list[tuple[list[SourceFile], StructType]]


def read_parquet(
    spark: SparkSession, files: Sequence[SourceFile], names: Sequence[str]
) -> DataFrame:
    """Every row of the files, with the named columns as text.

    Beside these stands what `csv_records.read_csv` adds; `_record` is exact, and `_raw` is the row
    as JSON.

    Raises:
        JobError: a named column is of a type that is no single value.
    """

    def columns(file: SourceFile) -> tuple[str, ...]:
        return file.columns

    frames = [
        _read(spark, alike, schema, names)
        for _, group in groupby(sorted(files, key=columns), columns)
        for alike, schema in _of_one_schema(spark, list(group))
    ]
    return reduce(DataFrame.unionByName, frames)


def _of_one_schema(spark: SparkSession, files: list[SourceFile]) -> Alike:
    """The files of equal columns, by the types of these."""
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
    paths = [literal(file.uri) for file in files]
    return spark.read.parquet(*paths, mergeSchema=len(files) > 1).schema


def _read(
    spark: SparkSession, files: Sequence[SourceFile], schema: StructType, names: Sequence[str]
) -> DataFrame:
    frame = spark.read.schema(schema).parquet(*(literal(file.uri) for file in files))
    # the snapshot may write a name in another way, such as an accented letter as one character
    fields = dict(zip(files[0].columns, schema.fields, strict=True))
    for name in names:
        if not _single(fields[name].dataType):
            raise JobError(
                f"{files[0].name}: the column '{name}' is of the type "
                f"{fields[name].dataType.simpleString()}, which is no number and no text: "
                "leave it out of the contract, or write it as text"
            )
    shown = [quoted(field.name) for field in schema.fields if _single(field.dataType)]
    nothing = F.lit(None).cast("long")
    origin = (file_name(files), F.col("_metadata.row_index") + 1, nothing, nothing)
    return frame.select(
        *(quoted(fields[name].name).cast("string").alias(name) for name in names),
        *(column.alias(name) for column, name in zip(origin, ORIGIN, strict=True)),
        F.to_json(F.struct(*shown), {"ignoreNullFields": "false"}).alias(TEXT),
        F.lit(None).cast("array<string>").alias(FIELDS),
        F.lit(False).alias(MALFORMED),
        F.lit(False).alias(TORN),
        F.lit(None).cast("array<string>").alias(UNDECODED),
    )


def _single(kind: DataType) -> bool:
    return isinstance(kind, (AtomicType, NullType)) and not isinstance(
        kind, (BinaryType, VariantType)
    )
