"""A sample of the rows of a Parquet file, as the text that the jobs make of them."""

from itertools import islice
from math import isnan
from typing import TYPE_CHECKING

from emr_ml.infer.files import File
from emr_ml.infer.sample import CELLS, Sample, amount, composed
from emr_ml.sources.listing import SourceError
from spark_jobs.reading.csv_dialect import BLANKS

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

ROWS = 50_000
PLACES = 8  # row groups that are looked at, spread over the file


def sample_parquet(file: File) -> Sample:
    """Look at the first rows of some row groups.

    Raises:
        SourceError: the file is damaged, or has no row.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        parquet = pq.ParquetFile(file.seekable())
        table = _rows(parquet)
    except (pa.ArrowException, OSError) as error:
        raise SourceError(
            f"{file.where} is no Parquet file that can be read: {error}. Copy it again"
        ) from error
    total = parquet.metadata.num_rows
    if not table.num_rows:
        raise SourceError(f"{file.where} has no row: there is nothing to go by")
    every = table.num_rows == total
    count = f"all {total:,}" if every else f"{table.num_rows:,} of {total:,}"
    return Sample(
        names=composed(table.column_names),
        columns=[_texts(column) for column in table.columns],
        rows=table.num_rows,
        whole=every and not file.others,
        looked_at=f"{count} rows of {amount(file.size)}",
        unusable={
            name: reason
            for name, field in zip(composed(table.column_names), table.schema, strict=True)
            if (reason := _unusable(field.type))
        },
    )


def _rows(parquet: "pq.ParquetFile") -> "pa.Table":
    import pyarrow as pa

    metadata = parquet.metadata
    groups, width = metadata.num_row_groups, max(metadata.num_columns, 1)
    chosen = sorted({groups * number // PLACES for number in range(PLACES)}) if groups else []
    each = max(min(ROWS, CELLS // width) // max(len(chosen), 1), 1)
    found: list[pa.RecordBatch] = []
    for group in chosen:
        found += islice(parquet.iter_batches(each, row_groups=[group]), 1)
    return pa.Table.from_batches(found, schema=parquet.schema_arrow)


def _unusable(kind: "pa.DataType") -> str | None:
    """Why a column of that type can't be learned from, if it can't."""
    from pyarrow import types

    if types.is_temporal(kind):
        return "dates and times"
    plain = (
        types.is_integer,
        types.is_floating,
        types.is_decimal,
        types.is_boolean,
        types.is_string,
        types.is_large_string,
        types.is_dictionary,
        types.is_null,
    )
    return None if any(is_kind(kind) for is_kind in plain) else f"values are of type {kind}"


def _texts(column: "pa.ChunkedArray") -> list[str]:
    if _unusable(column.type):
        return [""] * len(column)
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
