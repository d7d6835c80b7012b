"""Tokens that stand for a missing value."""

from collections import Counter
from collections.abc import Iterator, Mapping

from emr_ml.infer.number_format import looks_like_number
from emr_ml.infer.values import (
    ALWAYS_MISSING,
    MAYBE_MISSING,
    MIN_PROSE_WORDS,
    is_date,
    is_number,
    mean_words,
)

MIN_NUMERIC_SHARE = 0.5  # of a column's values, for tokens that may be missing to be so
MIN_NUMERIC_SHARE_FOR_UNKNOWN = 0.9  # the same for tokens that are not well known
MANY_NUMBERS = 20  # with more distinct ones, words beside them are no categories
MAX_UNKNOWN_TOKENS = 5  # in a column
MAX_TOKEN_LENGTH = 20
NO_DATES = ("0000-00-00", "0000-00-00 00:00:00")  # of MySQL


def find_missing_tokens(columns: Mapping[str, Counter[str]], decimal: str) -> Counter[str]:
    """Count the tokens that mean a missing value.

    In a column of numbers, a repeated word is such a token unless it is also in another column.
    In other columns only well-known tokens are.

    Args:
        columns: the count of each value, by column.
        decimal: the decimal mark.
    """
    missing = Counter({"": 0})
    for name, counts in columns.items():
        if is_prose(counts):
            missing[""] += counts[""]
            continue
        others = [other for key, other in columns.items() if key != name]
        for token in _missing_tokens(counts, decimal, others):
            missing[token] += counts[token]
    return missing


def remove_missing(counts: Counter[str], missing: Counter[str]) -> Counter[str]:
    """Return the counts without the missing values."""
    return Counter({value: count for value, count in counts.items() if value not in missing})


def is_prose(counts: Counter[str]) -> bool:
    """Return whether the values are text, in which a word such as NA is just a word."""
    return mean_words(value for value in list(counts)[:1000] if value) >= MIN_PROSE_WORDS


def _missing_tokens(
    counts: Counter[str], decimal: str, others: list[Counter[str]]
) -> Iterator[str]:
    yield from (token for token in (*ALWAYS_MISSING, *NO_DATES) if token in counts)
    present = remove_missing(counts, Counter((*ALWAYS_MISSING, *NO_DATES)))
    non_numeric = {value: n for value, n in present.items() if not _is_value(value, decimal)}
    numbers = present.total() - sum(non_numeric.values())
    known = [value for value in non_numeric if value in MAYBE_MISSING]
    are_many = len(present) - len(non_numeric) > MANY_NUMBERS
    # beside many numbers, most values may be missing
    others_count = present.total() - (sum(map(present.__getitem__, known)) if are_many else 0)
    if not non_numeric or numbers < MIN_NUMERIC_SHARE * others_count:
        return
    yield from known
    unknown = non_numeric.keys() - known
    needed = MIN_NUMERIC_SHARE if are_many else MIN_NUMERIC_SHARE_FOR_UNKNOWN
    are_words = all(
        len(value) <= MAX_TOKEN_LENGTH
        and not any(char.isdigit() for char in value)
        and non_numeric[value] > 1
        and not any(value in other for other in others)
        for value in unknown
    )
    if are_words and len(unknown) <= MAX_UNKNOWN_TOKENS and numbers >= needed * present.total():
        yield from sorted(unknown)


def _is_value(value: str, decimal: str) -> bool:
    """Return whether the value is a number, a date or a time, however it is written."""
    return is_number(value, decimal) or looks_like_number(value) or is_date(value)
