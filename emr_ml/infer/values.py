"""Single values: numbers, dates, and what stands for a missing one."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
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


Values = Mapping[str, Counter[str]]

TEXT_WORDS = 3  # words in a value on average, from which on a column is prose
MOSTLY, NEARLY = 0.5, 0.9
TOKENS = 3  # different ones that a column of numbers may use for no value
LONGEST_TOKEN = 20


def find_missing(values: Values, decimal: str) -> Counter[str]:
    """The tokens that stand for no value, with how often each was seen.

    In a column of numbers a word that comes back is such a token, unless another column holds it,
    too. In other columns only the well-known ones are.

    Args:
        values: how often each value stands in each column.
        decimal: the decimal mark.
    """
    found = Counter({"": 0})
    for name, counts in values.items():
        if is_prose(counts):
            found[""] += counts[""]
            continue
        others = [other for key, other in values.items() if key != name]
        for token in _tokens(counts, decimal, others):
            found[token] += counts[token]
    return found


def without(tokens: Counter[str], counts: Counter[str]) -> Counter[str]:
    """The values that are there."""
    return Counter({value: count for value, count in counts.items() if value not in tokens})


def is_prose(counts: Counter[str]) -> bool:
    """Whether the values are texts: in these, words such as NA are words."""
    seen = [value for value in list(counts)[:1000] if value]
    return words(seen) >= TEXT_WORDS


def _tokens(counts: Counter[str], decimal: str, others: list[Counter[str]]) -> Iterator[str]:
    yield from (token for token in ALWAYS_MISSING if token in counts)
    strange = {
        value: count
        for value, count in counts.items()
        if value not in ALWAYS_MISSING and not is_number(value, decimal)
    }
    total = sum(count for value, count in counts.items() if value not in ALWAYS_MISSING)
    numbers = total - sum(strange.values())
    if not strange or numbers < MOSTLY * total:
        return
    known = [value for value in strange if value in MAYBE_MISSING]
    yield from known
    rest = strange.keys() - known
    plain = all(
        len(value) <= LONGEST_TOKEN
        and not any(char.isdigit() for char in value)
        and strange[value] > 1
        and not any(value in other for other in others)
        for value in rest
    )
    if numbers >= NEARLY * total and len(rest) <= TOKENS and plain:
        yield from sorted(rest)


def find_decimal(columns: Iterable[Counter[str]], delimiter: str) -> str:
    """The mark that more columns of fractions use; a comma that parts fields is none."""
    if delimiter == ",":
        return "."
    votes = Counter(_mark(counts) for counts in columns)
    return "," if votes[","] > votes["."] else "."


def _mark(counts: Counter[str]) -> str | None:
    """The decimal mark in a column of fractions, or None where there is none to see.

    Marks before three digits, and nowhere else, may stand for thousands: these tell nothing.
    """
    tokens = {*ALWAYS_MISSING, *MAYBE_MISSING}
    values = [value for value in list(counts)[:5000] if value not in tokens]
    for mark in (".", ","):
        fractions = [value for value in values if mark in value and is_number(value, mark)]
        whole = sum(is_number(value) and "." not in value for value in values)
        thousands = all(THOUSANDS.fullmatch(value) for value in fractions)
        if fractions and len(fractions) + whole >= NEARLY * len(values) and not thousands:
            return mark
    return None
