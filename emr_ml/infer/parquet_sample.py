"""A sample of the rows of a Parquet file, as the text that the jobs make of their values."""

from itertools import islice
from math import isnan
from typing import TYPE_CHECKING

from emr_ml.infer.files import MAX_SAMPLE_VALUES, DataFile, Sample, contract_names
from emr_ml.sources.listing import SourceError
from emr_ml.wording import file_size
from spark_jobs.reading.csv_dialect import BLANKS

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

MAX_ROWS = 50_000
SPARK_DIGITS = 38  # of a decimal
ROW_GROUPS = 8  # sampled ones, spread over the file


def sample_parquet(file: DataFile) -> Sample:
    """Sample the first rows of some row groups.

    Raises:
        SourceError: the file is damaged, or has no rows.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        parquet = pq.ParquetFile(file.open_stored())
        table = _sampled_rows(parquet)
    except (pa.ArrowException, OSError) as error:
        raise SourceError(
            f"{file.address} is not a readable Parquet file: {error}. Copy it again"
        ) from error
    total = parquet.metadata.num_rows
    if not table.num_rows:
        raise SourceError(f"{file.address} has no rows: name a file with data")
    has_all_rows = table.num_rows == total
    count = f"all {total:,}" if has_all_rows else f"{table.num_rows:,} of {total:,}"
    names = contract_names(table.column_names)
    return Sample(
        names=names,
        columns=[_column_texts(column) for column in table.columns],
        rows=table.num_rows,
        is_complete=has_all_rows and not file.others,
        summary=f"{count} rows of {file_size(file.size)}",
        unusable={
            name: reason
            for name, field in zip(names, table.schema, strict=True)
            if (reason := _reason_unusable(field.type))
        },
    )


def _sampled_rows(parquet: "pq.ParquetFile") -> "pa.Table":
    import pyarrow as pa

    metadata = parquet.metadata
    groups, width = metadata.num_row_groups, max(metadata.num_columns, 1)
    chosen = sorted({groups * index // ROW_GROUPS for index in range(ROW_GROUPS)} if groups else ())
    rows = min(MAX_ROWS, MAX_SAMPLE_VALUES // width)
    rows_per_group = max(rows // max(len(chosen), 1), 1)
    batches: list[pa.RecordBatch] = []
    for group in chosen:
        batches += islice(parquet.iter_batches(rows_per_group, row_groups=[group]), 1)
    table = pa.Table.from_batches(batches, schema=parquet.schema_arrow)
    while any(pa.types.is_struct(field.type) for field in table.schema):
        table = table.flatten()  # names the fields of a struct by their paths
    return table


def _reason_unusable(column_type: "pa.DataType") -> str | None:
    """Return why a column of that type can't be learned from, or None."""
    from pyarrow import types

    if types.is_time(column_type) or types.is_duration(column_type):
        return "times without a date, and durations: write them as numbers or text"
    if types.is_float16(column_type):
        return "Spark can't read 16-bit floats: write them as 32-bit or 64-bit floats"
    if types.is_decimal(column_type) and column_type.precision > SPARK_DIGITS:
        return f"Spark can't read decimals of more than {SPARK_DIGITS} digits: write them as floats"
    supported = (
        types.is_integer,
        types.is_floating,
        types.is_decimal,
        types.is_boolean,
        types.is_string,
        types.is_large_string,
        types.is_dictionary,
        types.is_date,
        types.is_timestamp,
        types.is_null,
    )
    if any(is_type(column_type) for is_type in supported):
        return None
    return f"unsupported type {column_type}"


def _column_texts(column: "pa.ChunkedArray") -> list[str]:
    import pyarrow as pa
    from pyarrow import types

    if _reason_unusable(column.type):
        return [""] * len(column)
    if types.is_timestamp(column.type) and column.type.unit == "ns":
        # Python's datetime has no nanoseconds, and neither has Spark's timestamp
        column = column.cast(pa.timestamp("us", column.type.tz), safe=False)
    return [_text(value) for value in column.to_pylist()]


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case float() if isnan(value):
            return "NaN"
        case _:
            return str(value).strip(BLANKS)
