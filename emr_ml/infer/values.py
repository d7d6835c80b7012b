"""What a single value looks like."""

import re
from collections.abc import Iterable
from datetime import datetime
from math import isfinite

NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
COMMA_NUMBER = re.compile(r"[+-]?(\d+(,\d*)?|,\d+)([eE][+-]?\d+)?", re.ASCII)
THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}([,.' \u00a0\u202f]\d{3})+([.,]\d+)?", re.ASCII)
AMOUNT = re.compile(r"[+-]?\s*[$€£¥₹]\s*[\d.,']*\d|[+-]?[\d.,']*\d\s*[$€£¥₹%]", re.ASCII)
LEADING_ZERO = re.compile(r"0\d+", re.ASCII)
DAY = r"(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d{2}))"
WORD_DAY = (
    r"(\d{1,2}[- ][A-Za-z]{3,9}\.?[- ,]+\d{2,4}|[A-Za-z]{3,9}\.? \d{1,2},? \d{4}"
    r"|[A-Z][a-z]{2} [A-Z][a-z]{2} +\d{1,2} [\d:]{8} .*\d{4})"
)
TIME = r"\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?( ?[AaPp]\.?[Mm]\.?)?( ?(Z|UTC|GMT|[+-]\d{2}:?\d{2}))?"
DATE = re.compile(rf"({DAY}|{WORD_DAY})([T ,]+{TIME})?|{TIME}", re.ASCII)
UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

# a field that is nothing but one of these makes sense
KNOWN = re.compile(r"[\w .,:/@+\-–'()<>=&%$€#*?]*")  # noqa: RUF001 - a dash in ranges

# what stands for no value wherever it is seen, and what may be a category's name
ALWAYS_MISSING = ("", "?", "NA", "N/A", "n/a", "#N/A", "NaN", "nan", "null", "NULL", "\\N")
MAYBE_MISSING = ("None", "none", "NONE", "Null", "-", "--", ".", "na", "Na", "n.a.", "missing")


def is_number(value: str, decimal: str = ".") -> bool:
    """Whether both Python and Spark take the value for a finite number."""
    if decimal == ",":
        return bool(COMMA_NUMBER.fullmatch(value)) and isfinite(float(value.replace(",", ".")))
    return bool(NUMBER.fullmatch(value)) and isfinite(float(value))


def number(value: str, decimal: str = ".") -> float:
    """The number that `is_number` saw."""
    return float(value.replace(",", ".") if decimal == "," else value)


def is_compact_date(value: str) -> bool:
    """Whether 8 digits are a day of the last or this century, as in 20240131."""
    try:
        return len(value) == 8 and 1900 <= datetime.strptime(value, "%Y%m%d").year < 2100
    except ValueError:
        return False


def words(values: Iterable[str]) -> float:
    """Words in a value on average; signs of Chinese and Japanese count as half a word each."""
    total = count = 0.0
    for value in values:
        signs = sum("\u3040" <= char <= "\u9fff" or "\uac00" <= char <= "\ud7a3" for char in value)
        total += len(value.split()) + signs / 2
        count += 1
    return total / count if count else 0.0
