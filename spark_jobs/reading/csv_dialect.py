"""A contract's dialect as Python's csv module and as Spark's reader want it."""

import codecs
import csv
from collections.abc import Mapping
from typing import Any

# what Java decodes as Python does, byte by byte: other encodings are left to Python
ONE_BYTE = ("us-ascii", "iso-8859-", "windows-", "koi8-r", "ibm", "macroman")
MOST_COLUMNS = 1 << 17
BLANKS = "".join(map(chr, range(1, 33)))  # what `trim` takes away, as Spark does
WRITTEN_OUT = "written-out"
FIRST_STRAY, LAST_STRAY = 0xDC00, 0xDCFF  # where no text of any encoding has a character


def csv_options(dialect: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments of `csv.reader`."""
    quote, escape = dialect["quote"], escape_of(dialect)
    return {
        "delimiter": dialect["delimiter"],
        "quotechar": quote or None,
        "quoting": csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
        "escapechar": escape,
        "doublequote": escape is None and dialect["escape"] != "",
        "skipinitialspace": skips_blanks(dialect),
    }


def spark_options(dialect: Mapping[str, Any]) -> dict[str, Any]:
    """Options of `spark.read.csv`."""
    return {
        "header": dialect["header"] is True,
        "sep": dialect["delimiter"],
        "quote": dialect["quote"],
        "escape": escape_of(dialect) or dialect["quote"],
        "encoding": dialect["encoding"],
        "multiLine": dialect["multiline"],
        "maxCharsPerColumn": dialect["max_record_bytes"],
        "maxColumns": MOST_COLUMNS,
        "ignoreLeadingWhiteSpace": dialect["trim"],
        "ignoreTrailingWhiteSpace": dialect["trim"],
        "mode": "PERMISSIVE",
    }


def escape_of(dialect: Mapping[str, Any]) -> str | None:
    """The character that takes the next one as it is; None where a doubled quote does, or nothing.

    The default is for the default quote: beside another quote, or none, it means nothing.
    """
    return None if dialect["escape"] in ("", '"', dialect["quote"]) else dialect["escape"]


def skips_blanks(dialect: Mapping[str, Any]) -> bool:
    """Whether blanks after a delimiter are no part of the field."""
    return dialect["trim"] and dialect["delimiter"] != " "


def spark_reads(encoding: str) -> bool:
    """Whether Spark's reader decodes each character of the encoding as Python does."""
    return encoding == "utf-8" or encoding.startswith(ONE_BYTE)


def _written_out(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError), "it is an error handler for decoding"
    strays = error.object[error.start : error.end]
    return "".join(chr(FIRST_STRAY + byte) for byte in strays), error.end


# bytes that are not of the encoding stay apart from all that is
codecs.register_error(WRITTEN_OUT, _written_out)
