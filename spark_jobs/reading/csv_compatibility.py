"""Decide whether Spark's CSV reader reads a file exactly as Python's csv module does.

It does if the dialect is a plain one, each byte is of the encoding, none is NUL, no line consists
of blanks or begins with a byte order mark, lines end in `\\n` or `\\r\\n`, and quotes are only
where fields begin and end.
Most files are like that, and finding out takes a fraction of the time that reading takes.
"""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from spark_jobs.contract import Dialect
from spark_jobs.reading.csv_dialect import BLANKS, BYTE_ORDER_MARK, CsvSyntax, spark_decodes

CHUNK = 1 << 20  # characters
# Spark's reader drops lines of blanks
BLANKS_IN_LINE = BLANKS.replace("\n", "").replace("\r", "")
BLANK_FIRST_LINE = re.compile(rf"[{re.escape(BLANKS_IN_LINE)}]+\r?\n")
BLANK_LINE = re.compile(rf"\n{BLANK_FIRST_LINE.pattern}")


@dataclass(frozen=True)
class Compatibility:
    """What Spark's reader would misread in a file, as a phrase to follow its name, or None.

    Of a compatible file, `line_records` is true if each line is a record, and `blank_records` if
    some may have no value.
    """

    obstacle: str | None
    line_records: bool
    blank_records: bool = False


def check_compatibility(file: IO[bytes], dialect: Dialect) -> Compatibility:
    """Scan a file to its end, or to the first obstacle."""
    quotes, blanks = _QuoteScanner(dialect), _BlankScanner(dialect)
    obstacle = _obstacle(file, quotes, blanks, dialect)
    if blanks.is_first and dialect["header"] is True and not obstacle:
        obstacle = "begins with a record that is blank, which Spark would take for the header"
    return Compatibility(obstacle, not quotes.span_lines, blanks.found)


def _obstacle(
    file: IO[bytes], quotes: "_QuoteScanner", blanks: "_BlankScanner", dialect: Dialect
) -> str | None:
    if not spark_decodes(dialect["encoding"]):
        return f"is {dialect['encoding']}"
    if obstacle := _dialect_obstacle(dialect):
        return obstacle
    text = io.TextIOWrapper(file, dialect["encoding"], newline="")
    try:
        for lines in _whole_lines(text, dialect["max_record_bytes"]):
            blanks.look(lines)
            if obstacle := _obstacle_in(lines, quotes, dialect):
                return obstacle
    except UnicodeDecodeError:
        return f"has bytes that are not {dialect['encoding']}"
    except _TooLongError:
        return "has a very long line"
    finally:
        text.detach()
    return quotes.obstacle_at_end()


def _dialect_obstacle(dialect: Dialect) -> str | None:
    if len(dialect["delimiter"]) > 1:
        return f"is delimited by {dialect['delimiter']!r}"
    if dialect["comment"]:
        return f"may have comments after {dialect['comment']!r}"
    if any(dialect[key] for key in ("skip_lines", "skip_below_header", "skip_last_lines")):
        return "has lines above or below its rows"
    return "has delimiters at the end of records" if dialect["trailing_delimiter"] else None


class _TooLongError(Exception):
    """A line is longer than a record may be."""


def _whole_lines(text: io.TextIOWrapper, max_characters: int) -> Iterator[str]:
    """Yield the text in pieces that end where a line ends; the last line gets an end."""
    rest = text.read(1).removeprefix(BYTE_ORDER_MARK)
    while chunk := text.read(min(CHUNK, max_characters)):
        head, end, tail = chunk.rpartition("\n")
        if end:
            yield rest + head + end
            rest = tail
        else:
            rest += chunk
        if len(rest) > max_characters:
            raise _TooLongError
    if rest:
        yield rest + "\n"


def _obstacle_in(lines: str, quotes: "_QuoteScanner", dialect: Dialect) -> str | None:
    if "\0" in lines:
        return "has NUL bytes"
    if obstacle := quotes.obstacle(lines):
        return obstacle
    # lines within quotes may be anything; they are only removed if that can make a difference
    return _line_obstacle(lines, dialect) and _line_obstacle(quotes.outside(), dialect)


def _line_obstacle(lines: str, dialect: Dialect) -> str | None:
    if "\r" in lines:
        crlf_ends = lines.count("\r\n")
        if crlf_ends != lines.count("\r"):
            return "has a carriage return without a line feed"
        # unless blanks are trimmed, Spark's reader may keep the carriage return
        if not dialect["trim"] and crlf_ends != lines.count("\n"):
            return "has lines that end in different ways"
    if BLANK_LINE.search(lines) or BLANK_FIRST_LINE.match(lines):
        return "has a line of blanks"
    # Spark's reader drops the mark from each line that it reads by itself
    if lines.startswith(BYTE_ORDER_MARK) or f"\n{BYTE_ORDER_MARK}" in lines:
        return "has a byte order mark after its beginning"
    return None


class _BlankScanner:
    """Finds lines of nothing but delimiters, quotes and blanks.

    `is_first` is true if the first line is one.
    """

    def __init__(self, dialect: Dialect) -> None:
        marks = re.escape(BLANKS_IN_LINE + dialect["delimiter"] + dialect["quote"])
        # that it begins with a line end makes the search ten times as fast
        self._line = re.compile(rf"\n[{marks}]+\r?\n")
        self._has_begun = False
        self.found = self.is_first = False

    def look(self, lines: str) -> None:
        """Look at the next piece of the file."""
        if self.found:
            return
        found = self._line.search("\n" + lines)
        self.found = found is not None
        self.is_first = found is not None and found.start() == 0 and not self._has_begun
        self._has_begun = True


class _QuoteScanner:
    """Follows the quoted fields of a file through pieces of its lines.

    `span_lines` turns true at the first field that contains a line break.
    """

    def __init__(self, dialect: Dialect) -> None:
        syntax = CsvSyntax.of(dialect)
        self._marks = [mark for mark in (syntax.quote, syntax.escape_character) if mark]
        self._max_characters = dialect["max_record_bytes"]
        self._quoted, self._well_formed, self._opening = _patterns(
            syntax, multiline=dialect["multiline"]
        )
        _, self._well_formed_lines, _ = _patterns(syntax, multiline=False)
        self.span_lines = False
        self._open_field = ""  # what is still open after the pieces so far
        self._complete = ""

    def obstacle(self, lines: str) -> str | None:
        """Return what is wrong with the quotes of the next piece, or None."""
        self._complete = lines
        if not self._open_field and not any(mark in lines for mark in self._marks):
            return None
        lines = self._open_field + lines
        # most files have no field that spans lines, and in the others it is found once
        match = None if self.span_lines else self._well_formed_lines.match(lines)
        if not match or match.end() < len(lines):
            self.span_lines = True
            match = self._well_formed.match(lines)
        end = match.end() if match else 0
        if end < len(lines) and not self._opening.match(lines, end):
            return "has quotes where no field begins or ends"
        self._complete = lines[:end]
        # preceded by a line end, because a field begins there
        self._open_field = "\n" + lines[end:] if end < len(lines) else ""
        return "has a very long field" if len(self._open_field) > self._max_characters else None

    def outside(self) -> str:
        """Return the last piece without its quoted fields."""
        return self._quoted.sub("_", self._complete)

    def obstacle_at_end(self) -> str | None:
        return "has a quote that is not closed" if self._open_field else None


def _patterns(syntax: CsvSyntax, *, multiline: bool) -> tuple[re.Pattern[str], ...]:
    """Return patterns of a quoted field, of lines with all quotes in place, of an open field."""
    quote, delimiter = re.escape(syntax.quote), re.escape(syntax.delimiter)
    escape = re.escape(syntax.escape_character or "")
    never = re.compile(r"(?!)")
    if not quote:
        return never, re.compile(f"[^{escape}]*+" if escape else "(?s:.*+)"), never
    begins = rf"(?<![^{delimiter}\n])"
    ends = rf"(?=[{delimiter}\r\n])"
    if syntax.skips_blanks:
        begins = rf"(?:{begins}|(?<=[{delimiter}\n] )|(?<=[{delimiter}\n]  ))"
        ends = rf"(?= *[{delimiter}\r\n])"
    breaks = "" if multiline else r"\r\n"
    plain = f"[^{quote}{escape}{breaks}]*+"
    if escape:
        inner = f"{plain}(?:{escape}[{quote}{escape}]{plain})*+"
    elif syntax.doubles_quotes:
        inner = f"{plain}(?:{quote}{quote}{plain})*+"
    else:
        inner = plain
    quoted = f"{quote}{inner}{quote}"
    outside = f"[^{quote}{escape}]*+"
    well_formed = re.compile(f"(?:{outside}{begins}{quoted}{ends})*+{outside}")
    opening = re.compile(rf"{begins}{quote}{inner}\Z") if multiline else never
    return re.compile(quoted), well_formed, opening
