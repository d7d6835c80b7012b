"""The one interpretation of a contract's CSV dialect, for Python's csv module and for Spark.

The header reader, the jobs and the contract's guesses all take it from here.
"""

import codecs
import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, Self, TypedDict

from spark_jobs.contract import Dialect

# what Java decodes exactly as Python does, byte by byte; other encodings are left to Python
SINGLE_BYTE_ENCODINGS = ("us-ascii", "iso-8859-", "windows-", "koi8-r", "ibm", "macroman")
MAX_COLUMNS = 1 << 17
BLANKS = "".join(map(chr, range(1, 33)))  # what Spark takes for blanks, and `trim` removes
BYTE_ORDER_MARK = "\ufeff"
ESCAPE_UNDECODABLE = "escape-undecodable"  # name of an error handler for decoding
FIRST_ESCAPED, LAST_ESCAPED = 0xDC00, 0xDCFF  # surrogates, which no decoded text contains
# stands for a delimiter of several characters, which `csv` does not know; in no text either
ONE_CHARACTER = "\udd00"
BACKSLASH = "\\"
NULL = r"\N"


class ReaderOptions(TypedDict):
    """Arguments of `csv.reader`."""

    delimiter: str
    quotechar: str | None
    quoting: Literal[0, 3]  # csv.QUOTE_MINIMAL or csv.QUOTE_NONE
    escapechar: str | None
    doublequote: bool
    skipinitialspace: bool


@dataclass(frozen=True)
class CsvSyntax:
    """How a record is written: the fields of a contract's dialect that matter for this."""

    delimiter: str
    quote: str = '"'
    escape: str = '"'
    trim: bool = True
    trailing_delimiter: bool = False

    @classmethod
    def of(cls, dialect: Dialect) -> Self:
        return cls(
            dialect["delimiter"],
            dialect["quote"],
            dialect["escape"],
            dialect["trim"],
            dialect["trailing_delimiter"],
        )

    @property
    def is_long(self) -> bool:
        """Whether the delimiter has several characters."""
        return len(self.delimiter) > 1

    @property
    def delimiter_of_csv(self) -> str:
        """The delimiter in lines from `prepared`."""
        return ONE_CHARACTER if self.is_long else self.delimiter

    @property
    def escape_character(self) -> str | None:
        """The character that takes the next one literally, or None.

        The contract's default escape belongs to its default quote. Beside another quote, or
        without one, it means nothing, and a quote within quotes is doubled.
        """
        return None if self.escape in ("", '"', self.quote) else self.escape

    @property
    def doubles_quotes(self) -> bool:
        """Whether a doubled quote within quotes is one quote."""
        return self.escape_character is None and self.escape != ""

    @property
    def skips_blanks(self) -> bool:
        """Whether blanks after a delimiter are dropped; not if a blank has a meaning of its own."""
        return self.trim and " " not in (self.delimiter, self.quote, self.escape)

    def reader_options(self) -> ReaderOptions:
        """Return the arguments of `csv.reader`, for lines from `prepared`."""
        return {
            "delimiter": self.delimiter_of_csv,
            "quotechar": self.quote or None,
            "quoting": csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
            "escapechar": self.escape_character,
            "doublequote": self.doubles_quotes,
            "skipinitialspace": self.skips_blanks,
        }

    @property
    def needs_preparation(self) -> bool:
        """Whether `prepared` may change a line."""
        return self.is_long or self.escape == BACKSLASH

    def prepared(self, lines: str) -> str:
        """Return lines as `csv.reader` must get them: some marks mean nothing to it.

        A delimiter of several characters becomes `ONE_CHARACTER`. In a field that is `\\N`, as
        MySQL and Postgres write NULL, the escape is escaped, so that it does not become `N`.
        """
        if self.is_long:
            lines = lines.replace(self.delimiter, ONE_CHARACTER)
        if self.escape == BACKSLASH and NULL in lines:
            field = _null_field(self.delimiter_of_csv, self.quote)
            lines = field.sub(
                lambda found: BACKSLASH + NULL if found[0] == NULL else found[0], lines
            )
        return lines

    def restored(self, fields: list[str]) -> list[str]:
        """Return the fields of prepared lines with the delimiters that were text within quotes."""
        if not self.is_long:
            return fields
        return [field.replace(ONE_CHARACTER, self.delimiter) for field in fields]

    def without_trailing(self, fields: list[str], width: int) -> list[str]:
        """Return the fields without an empty one that only follows a delimiter at the end.

        A record may end in one if it has `width` fields before it.
        """
        if not self.trailing_delimiter or len(fields) != width + 1:
            return fields
        last = fields[-1].strip(BLANKS) if self.trim else fields[-1]
        return fields if last else fields[:-1]

    def within_quotes(self, text: str) -> str:
        """Return the text as it is written between quotes."""
        if escape := self.escape_character:
            text = text.replace(escape, 2 * escape)
        return text.replace(self.quote, (self.escape_character or self.quote) + self.quote)


def is_blank(fields: Sequence[str]) -> bool:
    """Return whether several fields have no value, as in the `,,,` of a spreadsheet."""
    return len(fields) > 1 and not any(field.strip(BLANKS) for field in fields)


@cache
def _null_field(delimiter: str, quote: str) -> re.Pattern[str]:
    """Return a pattern of fields that are `\\N`, and of quoted ones, in which it means `N`."""
    mark, quoted = re.escape(delimiter), re.escape(quote)
    others = rf"{quoted}(?:[^{quoted}\\]|\\.)*{quoted}|" if quote else ""
    null = rf"(?:(?<=[{mark}\r\n])|\A)\\N(?=[{mark}\r\n]|\Z)"
    return re.compile(others + null, re.DOTALL)


def spark_options(dialect: Dialect) -> dict[str, Any]:
    """Return the options of `spark.read.csv`."""
    return {
        "header": dialect["header"] is True,
        "sep": dialect["delimiter"],
        "quote": dialect["quote"],
        "escape": CsvSyntax.of(dialect).escape_character or dialect["quote"],
        "encoding": dialect["encoding"],
        "multiLine": dialect["multiline"],
        "maxCharsPerColumn": dialect["max_record_bytes"],
        "maxColumns": MAX_COLUMNS,
        "ignoreLeadingWhiteSpace": dialect["trim"],
        "ignoreTrailingWhiteSpace": dialect["trim"],
        "mode": "PERMISSIVE",
    }


def spark_decodes(encoding: str) -> bool:
    """Return whether Spark's reader decodes each character of the encoding as Python does."""
    return encoding == "utf-8" or encoding.startswith(SINGLE_BYTE_ENCODINGS)


def _escape_undecodable(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError), "it is registered for decoding"
    undecodable = error.object[error.start : error.end]
    return "".join(chr(FIRST_ESCAPED + byte) for byte in undecodable), error.end


codecs.register_error(ESCAPE_UNDECODABLE, _escape_undecodable)
