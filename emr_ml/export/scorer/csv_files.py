"""Read CSV files in the dialect of a contract."""

import csv
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from emr_ml.export.scorer.values import BLANKS


def csv_records(
    lines: Iterable[str], dialect: Mapping[str, Any]
) -> tuple[list[str], Iterator[list[str]]]:
    """Return the header and the records of a CSV file in the model's dialect.

    Empty lines, comments and records in which all fields are blank are no records.
    """
    csv.field_size_limit(sys.maxsize)
    records = _records(lines, dialect)
    header = dialect["header"] if dialect["header"] is not True else next(records, [])
    return header, _rows(records, len(header), dialect)


def _records(lines: Iterable[str], dialect: Mapping[str, Any]) -> Iterator[list[str]]:
    mark, delimiter = dialect["options"]["delimiter"], dialect["delimiter"]
    for fields in csv.reader(_prepared(lines, dialect), **dialect["options"]):
        record = [each.replace(mark, delimiter) for each in fields]
        if dialect["trim"]:
            record = [each.strip(BLANKS) for each in record]
        if len(record) == 1 or any(each.strip(BLANKS) for each in record):
            yield record


def _prepared(lines: Iterable[str], dialect: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines as Python's reader needs them: it knows only short delimiters."""
    mark, delimiter = dialect["options"]["delimiter"], dialect["delimiter"]
    comment, null = dialect["comment"], dialect["null"]
    for number, line in enumerate(lines):
        text = line.removeprefix("\ufeff") if number == 0 else line
        if number < dialect["skip_lines"] or (comment and text.startswith(comment)):
            continue
        if mark != delimiter:
            text = text.replace(delimiter, mark)
        # as MySQL and Postgres write that there is no value
        yield re.sub(null, r"\\\\N", text) if null else text


def _rows(
    records: Iterable[list[str]], width: int, dialect: Mapping[str, Any]
) -> Iterator[list[str]]:
    """Yield the records that are rows: some above and below them may be skipped."""
    held: list[list[str]] = []
    for number, record in enumerate(records):
        if number < dialect["skip_below_header"]:
            continue
        if dialect["trailing_delimiter"] and len(record) == width + 1 and not record[-1]:
            record.pop()
        held.append(record)
        if len(held) > dialect["skip_last_lines"]:
            yield held.pop(0)
