"""Read CSV files in the dialect of a contract."""

import csv
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from spark_jobs.scorer.values import BLANKS


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
    comment, is_within = dialect["comment"], False

    def prepared() -> Iterator[str]:
        nonlocal is_within
        for line in _lines(lines, dialect):
            # within quotes, no line is a comment
            if is_within or not (comment and line.startswith(comment)):
                is_within = True
                yield _prepared(line, dialect)

    try:
        for fields in csv.reader(prepared(), **dialect["options"]):
            is_within = False
            record = [each.replace(mark, delimiter) for each in fields]
            if dialect["trim"]:
                record = [each.strip(BLANKS) for each in record]
            if len(record) == 1 or any(each.strip(BLANKS) for each in record):
                yield record
    except csv.Error as error:
        raise ValueError(f"the CSV can't be read: {error}") from error


def _lines(lines: Iterable[str], dialect: Mapping[str, Any]) -> Iterator[str]:
    for number, line in enumerate(lines):
        if number >= dialect["skip_lines"]:
            yield line.lstrip("\ufeff") if number == 0 else line


def _prepared(line: str, dialect: Mapping[str, Any]) -> str:
    """Return the line as Python's reader needs it: it knows only short delimiters."""
    mark, delimiter, null = dialect["options"]["delimiter"], dialect["delimiter"], dialect["null"]
    if mark != delimiter:
        line = line.replace(delimiter, mark)
    # as MySQL and Postgres write that there is no value
    return re.sub(null, r"\\\\N", line) if null else line


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
