"""CSV files record by record, as Python's csv module takes them apart.

It is slower than Spark's reader, and right for files that are not plain: it tells bytes that are
not of the encoding, lines of blanks, stray quotes, and quotes that are never closed.
"""

import csv
import io
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any, NamedTuple

from spark_jobs.reading.csv_dialect import (
    BLANKS,
    FIRST_STRAY,
    LAST_STRAY,
    WRITTEN_OUT,
    csv_options,
    escape_of,
)
from spark_jobs.runtime.job import JobError

END = "\0"  # a line that comes after the last one, to see whether a record is still open
STRAY = re.compile(f"[{chr(FIRST_STRAY)}-{chr(LAST_STRAY)}]")
SHOWN = 60  # characters of a record in an error


class Record(NamedTuple):
    """A record: its number after the header, from 1, its fields, and its text as it stands.

    `torn` is true where it spans lines because a quote opens or closes within a field.
    """

    number: int
    fields: list[str]
    text: str
    torn: bool


def records(file: IO[bytes], name: str, dialect: Mapping[str, Any]) -> Iterator[Record]:
    """The records of a file after its header; a line with nothing in it is none.

    Raises:
        JobError: a record does not end, is longer than `max_record_bytes` characters, or spans
            lines though `multiline` is false.
    """
    csv.field_size_limit(sys.maxsize)
    text = io.TextIOWrapper(file, dialect["encoding"], WRITTEN_OUT, newline="")
    lines = _Lines(text, dialect)
    options = csv_options(dialect)
    number = 0 if dialect["header"] is True else 1
    try:
        for fields in csv.reader(lines, **options):
            if lines.taken == [END]:
                return
            if lines.taken[-1] == END:
                raise _RecordError(
                    "opens a quote that is not closed: it would swallow the rest of the file, "
                    f"{lines.characters - 1:,} characters. Close the quote, or set "
                    '`quote: ""` under `dialect` if nothing is quoted'
                )
            taken = lines.take()
            if fields:
                if number:
                    torn = len(taken) > 1 and _torn(taken, options)
                    yield Record(number, fields, "".join(taken), torn)
                number += 1
    except (csv.Error, _RecordError) as error:
        begins = "".join(lines.taken)[:SHOWN]
        raise JobError(
            f"{name}: record {number}, which begins at line {lines.first}, {error}. "
            f"It begins with {readable(begins)!r}"
        ) from error
    finally:
        text.detach()


class _RecordError(Exception):
    """What is wrong with a record, in words that follow its number."""


class _Lines:
    """The lines of a text, and after them END; knows those of the record that is being read."""

    def __init__(self, text: io.TextIOWrapper, dialect: Mapping[str, Any]) -> None:
        self._text, self._longest = text, dialect["max_record_bytes"]
        self._multiline = dialect["multiline"]
        self.taken: list[str] = []
        self.characters = 0
        self.first = 1

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._text.readline(self._longest + 1)
        if not line:
            if self.taken and self.taken[-1] == END:
                raise StopIteration
            line = END
        elif not self.taken and self.first == 1:
            line = line.removeprefix("\ufeff")
        elif self.taken and not self._multiline:
            raise _RecordError(
                "holds a line break: set `multiline: true` under `dialect`, or close its quote"
            )
        self.taken.append(line)
        self.characters += len(line)
        if self.characters > self._longest:
            raise _RecordError(
                f"is longer than `max_record_bytes`, {self._longest:,}: close its quote, or set "
                "a larger number under `dialect`"
            )
        return line

    def take(self) -> list[str]:
        """The lines of the record that was read; the next one begins after them."""
        taken = self.taken
        self.first += len(taken)
        self.taken, self.characters = [], 0
        return taken


def _torn(lines: Sequence[str], options: Mapping[str, Any]) -> bool:
    if not options["quotechar"]:
        return False
    quote, delimiter = re.escape(options["quotechar"]), re.escape(options["delimiter"])
    # blanks between a closing quote and the delimiter are harmless, yet csv calls them an error
    closed = re.sub(rf"({quote})[ \t]+(?={delimiter}|[\r\n]|$)", r"\1", "".join(lines))
    try:
        list(csv.reader(io.StringIO(closed, newline=""), strict=True, **options))
    except csv.Error:
        return True
    return False


def trimmed(record: Record, dialect: Mapping[str, Any]) -> list[str]:
    """The fields without the blanks around them, if these do not count; quoted ones keep theirs."""
    quote = dialect["quote"]
    if not dialect["trim"]:
        return record.fields
    if not quote or quote not in record.text:
        return [field.strip(BLANKS) for field in record.fields]
    doubled = (escape_of(dialect) or quote) + quote

    def bare(field: str) -> str:
        stripped = field.strip(BLANKS)
        if stripped != field and field.replace(quote, doubled) + quote in record.text:
            return field
        return stripped

    return [bare(field) for field in record.fields]


def readable(text: str) -> str:
    """The text with each byte that is not of its encoding written as `\\xff`."""
    return STRAY.sub(lambda found: f"\\x{ord(found[0]) - FIRST_STRAY:02x}", text)
