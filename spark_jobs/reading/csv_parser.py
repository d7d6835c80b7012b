"""CSV text record by record, as Python's csv module splits it.

It is slower than Spark's reader, but also right for what Spark misreads: bytes that are not of
the encoding, lines of blanks, stray quotes, and quotes that are never closed.
"""

import csv
import io
import re
import sys
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from spark_jobs.contract import Dialect
from spark_jobs.reading.csv_dialect import (
    BLANKS,
    BYTE_ORDER_MARK,
    FIRST_ESCAPED,
    LAST_ESCAPED,
    CsvSyntax,
    is_blank,
)

END = "\0"  # a line appended to the text: a record that contains it has an open quote
ESCAPED_BYTE = re.compile(f"[{chr(FIRST_ESCAPED)}-{chr(LAST_ESCAPED)}]")
SHOWN = 60  # characters of a record in an error


class Record(NamedTuple):
    """A record: its number after the header, from 1, its fields, and its raw text.

    The header is record 0. `has_stray_quote` is true if the record spans lines because a quote
    opens or closes inside a field, `is_skipped` if the dialect skips it, though it may be a row.
    """

    number: int
    fields: list[str]
    text: str
    has_stray_quote: bool
    is_skipped: bool = False


class MalformedRecordError(Exception):
    """A record that can't be read; the message is a predicate with the record as its subject.

    `number` counts as in `Record`, `line` is where it begins, from 1, `start` its first characters.
    """

    def __init__(self, problem: str, number: int, line: int, start: str) -> None:
        super().__init__(problem)
        self.number, self.line, self.start = number, line, start


def parse(text: io.TextIOBase, dialect: Dialect) -> Iterator[Record]:
    """Yield the records of a text, the header first if the dialect has one.

    Empty lines are not records, nor are comments and records in which all fields are blank.

    Args:
        text: opened with `newline=""`.
        dialect: of the contract.

    Raises:
        MalformedRecordError: a record does not end, is longer than `max_record_bytes` characters,
            or spans lines though `multiline` is false.
    """
    csv.field_size_limit(sys.maxsize)
    lines = _Lines(text, dialect)
    syntax = CsvSyntax.of(dialect)
    number = 0 if dialect["header"] is True else 1
    try:
        for fields in csv.reader(lines, **syntax.reader_options()):
            if lines.of_record == [END]:
                return
            if lines.of_record[-1] == END:
                raise _ProblemError(
                    "opens a quote that is not closed: it would swallow the rest of the file, "
                    f"{lines.characters - 1:,} characters. Close the quote, or set "
                    '`quote: ""` under `dialect` if nothing is quoted'
                )
            of_record, text_of_record = lines.end_record()
            if fields and not is_blank(fields):
                stray = len(of_record) > 1 and _has_stray_quote(of_record, syntax)
                yield Record(number, syntax.restored(fields), text_of_record, stray)
                number += 1
    except (csv.Error, _ProblemError) as error:
        start = "".join(lines.of_record)[:SHOWN]
        raise MalformedRecordError(str(error), number, lines.first, start) from error


class _ProblemError(Exception):
    """What is wrong with the record that is being read."""


class _Lines:
    """Iterates over the lines of a text and END, and keeps those of the current record.

    Lines that the dialect skips are not among them, but count as lines.
    """

    def __init__(self, text: io.TextIOBase, dialect: Dialect) -> None:
        self._text, self._max_characters = text, dialect["max_record_bytes"]
        self._multiline, self._comment = dialect["multiline"], dialect["comment"]
        syntax = CsvSyntax.of(dialect)
        self._prepared = syntax.prepared if syntax.needs_preparation else None
        self.of_record: list[str] = []
        self._text_of_record: list[str] = []
        self.characters = 0
        self.first = 1
        for _ in range(dialect["skip_lines"]):
            self._skip(text.readline(self._max_characters + 1))

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._read()
        while self._comment and not self.of_record and line.startswith(self._comment):
            self._skip(line)
            line = self._read()
        if line != END and self.of_record and not self._multiline:
            raise _ProblemError(
                "contains a line break: set `multiline: true` under `dialect`, or close its quote"
            )
        prepared = line
        if self._prepared:
            prepared = self._prepared(line)
            self._text_of_record.append(line)
        self.of_record.append(prepared)
        self.characters += len(line)
        if self.characters > self._max_characters:
            raise _ProblemError(
                f"is longer than `max_record_bytes`, {self._max_characters:,}: close its quote, or "
                "set a larger number under `dialect`"
            )
        return prepared

    def _read(self) -> str:
        """Return the next line without the byte order marks of the file, or END once at its end."""
        line = self._text.readline(self._max_characters + 1)
        if not line:
            if self.of_record and self.of_record[-1] == END:
                raise StopIteration
            return END
        is_first = self.first == 1 and not self.of_record
        return line.lstrip(BYTE_ORDER_MARK) if is_first else line

    def _skip(self, line: str) -> None:
        while line and not line.endswith(("\n", "\r")):
            line = self._text.readline(self._max_characters + 1)
        self.first += 1

    def end_record(self) -> tuple[list[str], str]:
        """Return the lines of the current record as `csv` got them, and its text as it is.

        The next record begins after them.
        """
        of_record, text = self.of_record, "".join(self._text_of_record or self.of_record)
        self.first += len(of_record)
        self.of_record, self._text_of_record, self.characters = [], [], 0
        return of_record, text


def _has_stray_quote(lines: Sequence[str], syntax: CsvSyntax) -> bool:
    if not syntax.quote:
        return False
    quote, delimiter = re.escape(syntax.quote), re.escape(syntax.delimiter_of_csv)
    # blanks between a closing quote and the delimiter are harmless, yet csv calls them an error
    closed = re.sub(rf"({quote})[ \t]+(?={delimiter}|[\r\n]|$)", r"\1", "".join(lines))
    strict = csv.reader(io.StringIO(closed, newline=""), strict=True, **syntax.reader_options())
    try:
        list(strict)
    except csv.Error:
        return True
    return False


def trimmed_fields(record: Record, syntax: CsvSyntax) -> list[str]:
    """Return the fields, without the blanks around unquoted ones if the dialect trims."""
    if not syntax.trim:
        return record.fields
    if not syntax.quote or syntax.quote not in record.text:
        return [field.strip(BLANKS) for field in record.fields]

    def trimmed(field: str) -> str:
        stripped = field.strip(BLANKS)
        if stripped != field and syntax.within_quotes(field) + syntax.quote in record.text:
            return field
        return stripped

    return [trimmed(field) for field in record.fields]


def readable(text: str) -> str:
    r"""Return the text with each byte that is not of its encoding written as `\xff`."""
    return ESCAPED_BYTE.sub(lambda match: f"\\x{ord(match[0]) - FIRST_ESCAPED:02x}", text)
