"""CSV files as a DataFrame of text, one column for each name in the header."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import partial, reduce
from itertools import groupby
from typing import Any

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructField, StructType

from spark_jobs.columns import (
    FIELDS,
    ORIGIN,
    SKIPPED,
    STRAY_QUOTE,
    TEXT,
    UNDECODABLE,
    WRONG_FIELD_COUNT,
)
from spark_jobs.contract import DatasetContract, Dialect
from spark_jobs.reading.csv_dialect import BLANKS, CsvSyntax, spark_options
from spark_jobs.reading.csv_parser import (
    ESCAPED_BYTE,
    readable,
    trimmed_fields,
)
from spark_jobs.reading.file_records import read_records
from spark_jobs.reading.python_records import MAX_RAW_CHARACTERS, frame_of_rows
from spark_jobs.reading.source_bytes import open_source
from spark_jobs.runtime.job import SourceFile

ROW_NUMBER_BITS = 33  # monotonically_increasing_id: the partition's number is above these


def read_csv(
    spark: SparkSession,
    files: Sequence[SourceFile],
    incompatible: Collection[str],
    names: Sequence[str],
    dialect: Dialect,
    *,
    has_blanks: bool = True,
) -> DataFrame:
    """Return every record of the files, with the named columns as text.

    Args:
        spark: the job's session.
        files: with the columns in any order, and perhaps further ones.
        incompatible: names of the files that Spark would misread, so Python reads them.
        names: the columns to return.
        dialect: of all files.
        has_blanks: some records may have no value; they are left out.

    Returns:
        Besides the named columns: `_file`, the file's name in the snapshot; where the record is:
        `_record`, its number in the file from 1 (exact under
        `cleaning.separation.one_task_per_file`), or, where files are split, `_byte_start` and
        `_byte_length` of the part that contains it; its text `_text`, or else its `_fields`; and
        what is wrong with it: `_malformed`, `_torn`, `_undecoded` and `_skipped`.
    """

    def reader_and_header(file: SourceFile) -> tuple[bool, tuple[str, ...]]:
        return file.name in incompatible, file.columns

    frames = [
        _read_with_python(spark, list(group), names, dialect)
        if in_python
        else _read_with_spark(spark, list(group), header, names, dialect, has_blanks=has_blanks)
        for (in_python, header), group in groupby(
            sorted(files, key=reader_and_header), reader_and_header
        )
    ]
    return reduce(DataFrame.unionByName, frames)


def _read_with_spark(
    spark: SparkSession,
    files: Sequence[SourceFile],
    header: Sequence[str],
    names: Sequence[str],
    dialect: Dialect,
    *,
    has_blanks: bool,
) -> DataFrame:
    # numbered columns, because Spark would interpret some names that a header may contain
    fields = [StructField(f"c{i}", StringType()) for i in range(len(header))]
    # otherwise Spark refuses encodings that Java knows
    spark.conf.set("spark.sql.legacy.javaCharsets", "true")
    frame = (
        spark.read.schema(StructType([*fields, StructField(TEXT, StringType())]))
        .options(**spark_options(dialect), columnNameOfCorruptRecord=TEXT)
        .csv([escape_glob(file.uri) for file in files])
    )
    if has_blanks and len(fields) > 1:
        frame = frame.where(_has_value(fields, dialect))
    return frame.select(
        *(F.col(f"c{header.index(name)}").alias(name) for name in names),
        file_name(files).alias("_file"),
        *_position(dialect["multiline"]),
        TEXT,
        F.array(*(field.name for field in fields)).alias(FIELDS),
        F.col(TEXT).isNotNull().alias(WRONG_FIELD_COUNT),
        F.lit(False).alias(STRAY_QUOTE),
        F.lit(None).cast("array<string>").alias(UNDECODABLE),
        F.lit(False).alias(SKIPPED),
    )


def _has_value(fields: Sequence[StructField], dialect: Dialect) -> Column:
    """Return whether a record is not blank, as `csv_dialect.is_blank` tells it."""
    blank, nothing = F.lit(BLANKS), F.lit("")
    # the first value ends the search
    values = [F.nullif(F.trim(field.name, blank), nothing) for field in fields]
    # the text of a record with too few or too many fields, which may have further values
    marks = F.lit(BLANKS + dialect["delimiter"] + dialect["quote"])
    is_one_field = ~F.contains(F.col(TEXT), F.lit(dialect["delimiter"]))
    return F.coalesce(*values, F.nullif(F.trim(TEXT, marks), nothing)).isNotNull() | (
        F.coalesce(is_one_field, F.lit(False))
    )


def _read_with_python(
    spark: SparkSession,
    files: Sequence[SourceFile],
    names: Sequence[str],
    dialect: Dialect,
) -> DataFrame:
    return frame_of_rows(spark, files, names, partial(_rows, names=names, dialect=dialect))


def _rows(file: SourceFile, names: Sequence[str], dialect: Dialect) -> Iterator[tuple[Any, ...]]:
    indices = [file.columns.index(name) for name in names]
    syntax = CsvSyntax.of(dialect)
    with open_source(file) as stored:
        for record in read_records(stored, file.name, dialect):
            fields = syntax.without_trailing(trimmed_fields(record, syntax), len(file.columns))
            values = [fields[index] if index < len(fields) else None for index in indices]
            undecodable, raw = None, record.text[:MAX_RAW_CHARACTERS]
            if not record.text.isascii() and ESCAPED_BYTE.search(record.text):
                undecodable = [
                    name
                    for name, value in zip(names, values, strict=True)
                    if value and ESCAPED_BYTE.search(value)
                ]
                values = [value and readable(value) for value in values]
                raw = readable(raw)[:MAX_RAW_CHARACTERS]
            origin = (file.name, record.number, None, None)
            wrong_count = len(fields) != len(file.columns)
            stray = record.has_stray_quote
            yield (*values, *origin, raw, None, wrong_count, stray, undecodable, record.is_skipped)


def raw_text(contract: DatasetContract) -> Column:
    """Return the text of a record, or else its fields written in the contract's dialect."""
    syntax = CsvSyntax.of(contract["dialect"])
    quote = syntax.quote
    quote_within = (syntax.escape_character or quote) + quote

    def written(field: Column) -> Column:
        if not quote:
            return F.coalesce(field, F.lit(""))
        special = [F.contains(field, F.lit(mark)) for mark in (syntax.delimiter, quote, "\n", "\r")]
        within = F.replace(field, F.lit(quote), F.lit(quote_within))
        return F.when(
            reduce(Column.__or__, special), F.concat(F.lit(quote), within, F.lit(quote))
        ).otherwise(F.coalesce(field, F.lit("")))

    fields = F.array_join(F.transform(FIELDS, written), syntax.delimiter)
    return F.substring(F.coalesce(TEXT, fields), 1, MAX_RAW_CHARACTERS)


def escape_glob(uri: str) -> str:
    """Return the path with the characters escaped that Hadoop takes for a pattern."""
    return "".join(f"\\{char}" if char in "{}[]*?\\" else char for char in uri)


def file_name(files: Iterable[SourceFile]) -> Column:
    """Return the name in the snapshot of the file that a row was read from."""
    names = {"/" + file.uri.removeprefix("s3://").lstrip("/"): file.name for file in files}
    if len(names) == 1:
        return F.lit(*names.values())
    name_by_path = F.create_map(*(F.lit(item) for pair in names.items() for item in pair))
    # Spark gives the file's URI, where a plus means a plus and not a blank
    uri = F.replace(F.col("_metadata.file_path"), F.lit("+"), F.lit("%2B"))
    return name_by_path[F.url_decode(F.regexp_replace(uri, "^[a-z0-9]+:/+", "/"))]


def _position(multiline: bool) -> list[Column]:
    null = F.lit(None).cast("long")
    if multiline:
        number = F.monotonically_increasing_id().bitwiseAND((1 << ROW_NUMBER_BITS) - 1) + 1
        position = (number, null, null)
    else:
        position = (
            null,
            F.col("_metadata.file_block_start"),
            F.col("_metadata.file_block_length"),
        )
    return [column.alias(name) for column, name in zip(position, ORIGIN[1:], strict=True)]
