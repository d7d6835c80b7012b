"""Tells the files that Spark's CSV reader and Python's csv module read alike from all others.

A file is plain if each of its bytes is of the encoding, none is NUL, no line is of blanks alone or
begins with a byte order mark, lines end in `\\n` or `\\r\\n`, and quoted fields begin and end where
fields do. Most files are. To look takes a fraction of the time
that reading does.
"""

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any

from spark_jobs.reading.csv_dialect import escape_of, skips_blanks, spark_reads

CHUNK = 1 << 20  # characters
# all that Spark's reader takes for blanks, and drops lines of
BLANKS = r"[\x01-\x09\x0b\x0c\x0e-\x20]+\r?\n"
BLANK_LINE, BLANK_START = re.compile(rf"\n{BLANKS}"), re.compile(BLANKS)
BYTE_ORDER_MARK = "\ufeff"  # Spark's reader drops it from each line that it reads by itself


@dataclass(frozen=True)
class Shape:
    """What keeps a file from being plain, in words that follow its name, or None.

    Of a plain one, `lines` tells that each of its lines is a record.
    """

    oddity: str | None
    lines: bool


def shape_of(file: IO[bytes], dialect: Mapping[str, Any]) -> Shape:
    """Look at a file from its beginning to its end, or to the first thing that is odd."""
    quotes = Quotes(dialect)
    return Shape(_oddity(file, quotes, dialect), not quotes.span_lines)


def _oddity(file: IO[bytes], quotes: "Quotes", dialect: Mapping[str, Any]) -> str | None:
    if not spark_reads(dialect["encoding"]):
        return f"is {dialect['encoding']}"
    text = io.TextIOWrapper(file, dialect["encoding"], newline="")
    try:
        pieces = _whole_lines(text, dialect["max_record_bytes"])
        odd = next(filter(None, (_odd_piece(lines, quotes, dialect) for lines in pieces)), None)
    except UnicodeDecodeError:
        return f"has bytes that are not {dialect['encoding']}"
    except TooLongError:
        return "has a very long line"
    finally:
        text.detach()
    return odd or quotes.at_end()


class TooLongError(Exception):
    """A line is longer than a record may be."""


def _whole_lines(text: io.TextIOWrapper, longest: int) -> Iterator[str]:
    """The text in pieces that end where a line does, the last one in any case."""
    rest = text.read(1).removeprefix(BYTE_ORDER_MARK)  # that of the file
    while chunk := text.read(min(CHUNK, longest)):
        head, end, tail = chunk.rpartition("\n")
        if end:
            yield rest + head + end
            rest = tail
        else:
            rest += chunk
        if len(rest) > longest:
            raise TooLongError
    if rest:
        yield rest + "\n"


def _odd_piece(lines: str, quotes: "Quotes", dialect: Mapping[str, Any]) -> str | None:
    if "\0" in lines:
        return "has NUL bytes"
    if odd := quotes.oddity(lines):
        return odd
    # within quotes, lines may be as they like
    return _odd_line(lines, dialect) and _odd_line(quotes.outside(), dialect)


def _odd_line(lines: str, dialect: Mapping[str, Any]) -> str | None:
    if "\r" in lines:
        ended = lines.count("\r\n")
        if ended != lines.count("\r"):
            return "has a carriage return without a line feed"
        # where blanks count, Spark's reader may keep the carriage return
        if not dialect["trim"] and ended != lines.count("\n"):
            return "has lines that end in different ways"
    if BLANK_LINE.search(lines) or BLANK_START.match(lines):
        return "has a line of blanks"
    if lines.startswith(BYTE_ORDER_MARK) or f"\n{BYTE_ORDER_MARK}" in lines:
        return "has a byte order mark within"
    return None


class Quotes:
    """Follows the quoted fields of a file from piece to piece of its lines.

    `span_lines` tells that a field did.
    """

    def __init__(self, dialect: Mapping[str, Any]) -> None:
        self._marks = [mark for mark in (dialect["quote"], escape_of(dialect)) if mark]
        self._longest = dialect["max_record_bytes"]
        self._whole, self._tidy, self._opening = _patterns(dialect)
        self._tidy_lines = _patterns({**dialect, "multiline": False})[1]
        self.span_lines = False
        self._open = ""  # a field that the pieces so far leave open
        self._closed = ""

    def oddity(self, lines: str) -> str | None:
        """What is odd about the quotes of the next piece, or None."""
        self._closed = lines
        if not self._open and not any(mark in lines for mark in self._marks):
            return None
        lines = self._open + lines
        # most files have no such field, and in the others it is found once
        tidy = None if self.span_lines else self._tidy_lines.match(lines)
        if not tidy or tidy.end() < len(lines):
            self.span_lines = True
            tidy = self._tidy.match(lines)
        end = tidy.end() if tidy else 0
        if end < len(lines) and not self._opening.match(lines, end):
            return "has quotes where no field begins or ends"
        self._closed = lines[:end]
        # after a line's end, because a field has begun there
        self._open = "\n" + lines[end:] if end < len(lines) else ""
        return "has a very long field" if len(self._open) > self._longest else None

    def outside(self) -> str:
        """The last piece, without what stands in quotes."""
        return self._whole.sub("_", self._closed)

    def at_end(self) -> str | None:
        """What is odd about the file's end, or None."""
        return "has a quote that is not closed" if self._open else None


def _patterns(dialect: Mapping[str, Any]) -> tuple[re.Pattern[str], ...]:
    """A quoted field; lines in which all quoted fields are whole; a field that stays open."""
    quote, delimiter = re.escape(dialect["quote"]), re.escape(dialect["delimiter"])
    escape = re.escape(escape_of(dialect) or "")
    nothing = re.compile(r"(?!)")
    if not quote:
        return nothing, re.compile(f"[^{escape}]*+" if escape else "(?s:.*+)"), nothing
    begins = rf"(?<![^{delimiter}\n])"
    ends = rf"(?=[{delimiter}\r\n])"
    if skips_blanks(dialect):
        begins = rf"(?:{begins}|(?<=[{delimiter}\n] )|(?<=[{delimiter}\n]  ))"
        ends = rf"(?= *[{delimiter}\r\n])"
    breaks = "" if dialect["multiline"] else r"\r\n"
    plain = f"[^{quote}{escape}{breaks}]*+"
    if escape:
        inner = f"{plain}(?:{escape}[{quote}{escape}]{plain})*+"
    elif dialect["escape"]:
        inner = f"{plain}(?:{quote}{quote}{plain})*+"
    else:
        inner = plain
    whole = f"{quote}{inner}{quote}"
    outside = f"[^{quote}{escape}]*+"
    tidy = re.compile(f"(?:{outside}{begins}{whole}{ends})*+{outside}")
    opening = re.compile(rf"{begins}{quote}{inner}\Z") if dialect["multiline"] else nothing
    return re.compile(whole), tidy, opening
