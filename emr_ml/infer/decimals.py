"""Whether numbers are written with a decimal comma."""

from collections import Counter
from collections.abc import Iterable

from emr_ml.infer.values import ALWAYS_MISSING, MAYBE_MISSING, THOUSANDS, is_number

NEARLY = 0.9


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
