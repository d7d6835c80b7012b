"""Whether the columns of a file are those of the contract, and if not, what is probably wrong."""

import io
from collections.abc import Sequence

from emr_ml.contract import Contract
from emr_ml.sources.header import HEAD_BYTES, Head
from emr_ml.wording import closest, quote_names
from spark_jobs.reading.csv_dialect import CsvSyntax
from spark_jobs.reading.csv_parser import MalformedRecordError, parse

DELIMITERS = (";", "\t", "|", ",", ":")
SUGGESTIONS_SHOWN = 8
MIN_ROWS = 2  # with another number of fields, for the file to be a bad one


def header_problems(name: str, size: int, columns: Sequence[str], contract: Contract) -> list[str]:
    """Return why a file's columns are not those of the contract, as sentences.

    Args:
        name: of the file.
        size: in bytes.
        columns: of the file, in order.
        contract: of the data set.
    """
    header = list(columns)
    if not header:
        return [f"{name} has no header within 64 KB" if size else f"{name} is empty"]
    problems: list[str] = []
    missing = [column for column in contract.names if column not in header]
    repeated = [column for column in contract.names if header.count(column) > 1]
    if missing:
        unknown = [column for column in header if column not in contract.names]
        problems.append(
            f"{name} lacks {quote_names(missing)}; it has "
            f"{quote_names(unknown) or 'no other column'} that the contract does not name"
            f"{_suggestion(missing, unknown, header)}"
        )
    if repeated:
        problems.append(f"{name} has {quote_names(repeated)} more than once")
    return problems


def body_problem(name: str, head: Head, contract: Contract) -> str | None:
    """Return that no row at the beginning of a CSV file has as many fields as it has columns.

    None if one has, or there are few rows. Whether values fit their columns is not looked at.
    """
    dialect = contract.dialect.for_jobs()
    syntax = CsvSyntax.of(dialect)
    width, counts = len(head.columns), list[int]()
    try:
        for record in parse(io.StringIO(head.text, newline=""), dialect):
            if record.number > dialect["skip_below_header"]:
                counts.append(len(syntax.without_trailing(record.fields, width)))
    except MalformedRecordError:
        pass  # cut off within quotes, or for the job to tell
    if len(head.text) >= HEAD_BYTES // 4:  # characters of at most four bytes
        counts = counts[:-1]
    if len(counts) < MIN_ROWS or width in counts:
        return None
    return (
        f"each of the first {len(counts):,} rows of {name} has another number of fields than its "
        f"header, {counts[0]} instead of {width}"
    )


def _suggestion(missing: Sequence[str], unknown: Sequence[str], header: Sequence[str]) -> str:
    """Return what is probably wrong, as far as the names in the header show it."""
    if {name.casefold() for name in missing} <= {name.casefold() for name in unknown}:
        return ". They differ only in letter case: set `header_case: ignore` in the contract"
    if len(header) == 1 and (delimiters := [mark for mark in DELIMITERS if mark in header[0]]):
        return f". The delimiter is probably {delimiters[0]!r}: set `delimiter` under `dialect`"
    if any(_is_number(name) for name in header):
        return ". The first record looks like data: name the columns in `header` under `dialect`"
    pairs = [
        f"'{similar}' for '{name}'"
        for name in missing
        if (similar := closest(name, unknown, cutoff=0.7))
    ]
    if pairs:
        shown = ", ".join(pairs[:SUGGESTIONS_SHOWN])
        return f". It probably has {shown}: correct the name on one side"
    return ""


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
