"""CSV files as a DataFrame of text, one column per name in the header."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial, reduce
from itertools import groupby
from typing import Any

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import (
    ArrayType,
    BooleanType,
    LongType,
    StringType,
    StructField,
    StructType,
)

from spark_jobs.names import FIELDS, MALFORMED, ORIGIN, READ, TEXT, TORN, UNDECODED
from spark_jobs.reading.csv_dialect import escape_of, spark_options
from spark_jobs.reading.csv_exact import STRAY, readable, records, trimmed
from spark_jobs.reading.places import same_python
from spark_jobs.reading.source_bytes import opened
from spark_jobs.runtime.job import SourceFile

RAW_LIMIT = 64 * 1024  # characters of a rejected record that are kept
ROW_NUMBER_BITS = 33  # monotonically_increasing_id: the partition's number stands above these
A_TEXT, A_NUMBER, A_FLAG, TEXTS = StringType(), LongType(), BooleanType(), ArrayType(StringType())
READ_KINDS = (A_TEXT, A_NUMBER, A_NUMBER, A_NUMBER, A_TEXT, TEXTS, A_FLAG, A_FLAG, TEXTS)


def read_csv(
    spark: SparkSession,
    files: Sequence[SourceFile],
    odd: Collection[str],
    names: Sequence[str],
    dialect: Mapping[str, Any],
) -> DataFrame:
    """Every record of the files, with the named columns as text.

    Args:
        files: in any order of columns, and with others, too.
        odd: names of the files that are not plain: these are read by Python's csv module.
        names: the columns that are wanted.

    Returns:
        Beside the named columns: `_file`, its name in the snapshot; where the record is:
        `_record`, its number in the file counted from 1 (exact within `one_task_per_file`), or,
        where files are split, `_byte_start` and `_byte_length` of the part that it is in; its
        text, `_text`, or else its `_fields`; and what is wrong with it: `_malformed`, `_torn`
        and `_undecoded`.
    """

    def alike(file: SourceFile) -> tuple[bool, tuple[str, ...]]:
        return file.name in odd, file.columns

    frames = [
        (_read_odd if is_odd else _read_plain)(spark, list(group), header, names, dialect)
        for (is_odd, header), group in groupby(sorted(files, key=alike), alike)
    ]
    return reduce(DataFrame.unionByName, frames)


def _read_plain(
    spark: SparkSession,
    files: Sequence[SourceFile],
    header: Sequence[str],
    names: Sequence[str],
    dialect: Mapping[str, Any],
) -> DataFrame:
    # positions instead of names: a header may hold names that Spark takes for something else
    fields = [StructField(f"c{i}", StringType()) for i in range(len(header))]
    # Java knows more encodings than Spark lets through otherwise
    spark.conf.set("spark.sql.legacy.javaCharsets", "true")
    frame = (
        spark.read.schema(StructType([*fields, StructField(TEXT, StringType())]))
        .options(**spark_options(dialect), columnNameOfCorruptRecord=TEXT)
        .csv([literal(file.uri) for file in files])
    )
    return frame.select(
        *(F.col(f"c{header.index(name)}").alias(name) for name in names),
        file_name(files).alias("_file"),
        *_position(dialect["multiline"]),
        TEXT,
        F.array(*(field.name for field in fields)).alias(FIELDS),
        F.col(TEXT).isNotNull().alias(MALFORMED),
        F.lit(False).alias(TORN),
        F.lit(None).cast("array<string>").alias(UNDECODED),
    )


def _read_odd(
    spark: SparkSession,
    files: Sequence[SourceFile],
    _header: Sequence[str],
    names: Sequence[str],
    dialect: Mapping[str, Any],
) -> DataFrame:
    same_python(spark)
    schema = StructType([StructField(name, StringType()) for name in names])
    for name, kind in zip(READ, READ_KINDS, strict=True):
        schema.add(name, kind)
    rows = spark.sparkContext.parallelize(files, len(files)).flatMap(
        partial(_rows, names=names, dialect=dialect)
    )
    return spark.createDataFrame(rows, schema, verifySchema=False)


def _rows(
    file: SourceFile, names: Sequence[str], dialect: Mapping[str, Any]
) -> Iterator[tuple[Any, ...]]:
    places = [file.columns.index(name) for name in names]
    with opened(file) as stored:
        for record in records(stored, file.name, dialect):
            fields = trimmed(record, dialect)
            values = [fields[place] if place < len(fields) else None for place in places]
            undecoded, raw = None, record.text[:RAW_LIMIT]
            if not record.text.isascii() and STRAY.search(record.text):
                undecoded = [
                    name
                    for name, value in zip(names, values, strict=True)
                    if value and STRAY.search(value)
                ]
                values = [value and readable(value) for value in values]
                raw = readable(raw)[:RAW_LIMIT]
            origin = (file.name, record.number, None, None)
            malformed = len(fields) != len(file.columns)
            yield (*values, *origin, raw, None, malformed, record.torn, undecoded)


def raw_text(contract: Mapping[str, Any]) -> Column:
    """The text of a record; where it is not known, its fields as the contract would write them."""
    dialect = contract["dialect"]
    quote, delimiter = dialect["quote"], dialect["delimiter"]
    doubled = (escape_of(dialect) or quote) + quote

    def written(field: Column) -> Column:
        if not quote:
            return F.coalesce(field, F.lit(""))
        special = [F.contains(field, F.lit(mark)) for mark in (delimiter, quote, "\n", "\r")]
        within = F.replace(field, F.lit(quote), F.lit(doubled))
        return F.when(
            reduce(Column.__or__, special), F.concat(F.lit(quote), within, F.lit(quote))
        ).otherwise(F.coalesce(field, F.lit("")))

    fields = F.array_join(F.transform(FIELDS, written), delimiter)
    return F.substring(F.coalesce(TEXT, fields), 1, RAW_LIMIT)


def literal(uri: str) -> str:
    """The path with those characters escaped that Hadoop takes for a pattern."""
    return "".join(f"\\{char}" if char in "{}[]*?\\" else char for char in uri)


def file_name(files: Iterable[SourceFile]) -> Column:
    """The name in the snapshot of the file that a row was read from."""
    known = {"/" + file.uri.removeprefix("s3://").lstrip("/"): file.name for file in files}
    if len(known) == 1:
        return F.lit(*known.values())
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
    return [column.alias(name) for column, name in zip(found, ORIGIN[1:], strict=True)]
