"""Single values: numbers, dates, and the decimal mark."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from math import isfinite
from string import ascii_lowercase

NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
COMMA_NUMBER = re.compile(r"[+-]?(\d+(,\d*)?|,\d+)([eE][+-]?\d+)?", re.ASCII)
THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}([,.' \u00a0\u202f]\d{3})+([.,]\d+)?", re.ASCII)
LEADING_ZERO = re.compile(r"0\d+", re.ASCII)

_NUMERIC_DATE = r"(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d{2}))"
_NAMED_DATE = (
    r"(\d{1,2}[- ][A-Za-z]{3,9}\.?[- ,]+\d{2,4}|[A-Za-z]{3,9}\.? \d{1,2},? \d{4}"
    r"|[A-Z][a-z]{2} [A-Z][a-z]{2} +\d{1,2} [\d:]{8} .*\d{4})"
)
_TIME = r"\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?( ?[AaPp]\.?[Mm]\.?)?( ?(Z|UTC|GMT|[+-]\d{2}(:?\d{2})?))?"
DATE = re.compile(rf"({_NUMERIC_DATE}|{_NAMED_DATE})([T ,]+{_TIME})?|{_TIME}", re.ASCII)

# the characters of ordinary fields; others suggest that a dialect is the wrong one
PLAUSIBLE_FIELD = re.compile(r"[\w .,:/@+\-–'()<>=&%$€#*?]*")  # noqa: RUF001 - a dash in ranges

_AFFIX = r"[^\d.,-]{0,3}"  # such as `$` or `k`
_END = rf"{_AFFIX}(\d[\d,]*(?:\.\d+)?){_AFFIX}"
CLOSED_RANGE = re.compile(rf"{_END}(?:-|–|to){_END}", re.ASCII)  # noqa: RUF001 - a dash in ranges
OPEN_RANGE = re.compile(rf"([<>]=?|[≤≥]){_END}|{_END}\+", re.ASCII)

# missing in any column; the others may also be the names of categories
ALWAYS_MISSING = (
    *("", "?", "NA", "N/A", "n/a", "NaN", "nan", "null", "NULL", "\\N"),
    # errors of spreadsheets in English, and SPSS's system-missing
    *("#N/A", "#DIV/0!", "#REF!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!"),
)
MAYBE_MISSING = (
    *("None", "none", "NONE", "Null", "-", "--", ".", "na", "Na", "n.a.", "missing"),
    *(f".{letter}" for letter in ascii_lowercase),  # Stata's
)


def evenly_spaced(values: Sequence[str], most: int) -> Sequence[str]:
    """Return all values, or if there are more than `most`, so many from all places."""
    if len(values) <= most:
        return values
    return [values[len(values) * index // most] for index in range(most)]


def is_number(value: str, decimal: str = ".") -> bool:
    """Return whether both Python and Spark parse the value as a finite number."""
    if decimal == ",":
        return bool(COMMA_NUMBER.fullmatch(value)) and isfinite(float(value.replace(",", ".")))
    return bool(NUMBER.fullmatch(value)) and isfinite(float(value))


def is_number_with_any_decimal(value: str) -> bool:
    """Return whether the value is a number with a decimal point or a decimal comma."""
    return is_number(value) or is_number(value, ",")


def parse_number(value: str, decimal: str = ".") -> float:
    """Parse a value for which `is_number` is true."""
    return float(value.replace(",", ".") if decimal == "," else value)


def is_date(value: str) -> bool:
    """Return whether the value is a date, a time or both."""
    return bool(DATE.fullmatch(value))


def has_other_digits(value: str) -> bool:
    """Return whether a value has decimal digits beyond 0 to 9, which Spark does not parse."""
    return not value.isascii() and any(char.isdecimal() and not char.isascii() for char in value)


def in_ascii_digits(value: str) -> str:
    """Return the value with the digits 0 to 9 in place of those of other scripts."""
    return "".join(str(int(char)) if char.isdecimal() else char for char in value)


def is_compact_date(value: str) -> bool:
    """Return whether 8 digits are a date of 1900 to 2099, as in 20240131."""
    try:
        return len(value) == 8 and 1900 <= datetime.strptime(value, "%Y%m%d").year < 2100
    except ValueError:
        return False


def are_ranges(values: Iterable[str]) -> bool:
    """Return whether all values are ranges of numbers, as in `<18`, `18-25` and `$30+`."""
    for value in values:
        if OPEN_RANGE.fullmatch(value):
            continue
        ends = CLOSED_RANGE.fullmatch(value)
        if ends is None or float(ends[1].replace(",", "")) >= float(ends[2].replace(",", "")):
            return False
    return True


def mean_words(values: Iterable[str]) -> float:
    """Return the mean number of words with letters.

    A Chinese, Japanese or Korean character is half a word.
    """
    total = count = 0.0
    for value in values:
        cjk = sum("\u3040" <= char <= "\u9fff" or "\uac00" <= char <= "\ud7a3" for char in value)
        total += sum(any(map(str.isalpha, word)) for word in value.split()) + cjk / 2
        count += 1
    return total / count if count else 0.0


MIN_PROSE_WORDS = 3  # mean number of words in a value of prose
MARK_VALUES = 5000  # of a column, whose decimal mark is looked for
MIN_FRACTION_SHARE = 0.9  # of a column's values, for its decimal mark to count


def find_decimal_mark(columns: Iterable[Counter[str]], delimiter: str) -> str:
    """Return the mark that most columns of fractions use, never the delimiter."""
    if delimiter == ",":
        return "."
    votes = Counter(_decimal_mark(counts) for counts in columns)
    return "," if votes[","] > votes["."] else "."


def _decimal_mark(counts: Counter[str]) -> str | None:
    """Return the decimal mark of a column of fractions, or None.

    A mark that is always followed by three digits may separate thousands, so it does not count.
    """
    missing = {*ALWAYS_MISSING, *MAYBE_MISSING}
    values = [value for value in evenly_spaced(list(counts), MARK_VALUES) if value not in missing]
    integers = sum(is_number(value) and "." not in value for value in values)
    for mark in (".", ","):
        fractions = [value for value in values if mark in value and is_number(value, mark)]
        if not fractions or all(THOUSANDS.fullmatch(value) for value in fractions):
            continue
        if len(fractions) + integers >= MIN_FRACTION_SHARE * len(values):
            return mark
    return None
