"""Tokens that stand for a missing value."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

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
YEAR = re.compile(r"(?<!\d)(\d{4})(?!\d)")
# in any order: the last day that a program knows, and the first one
STAND_IN = re.compile(
    r"((?:9999|2999)[-/.]12[-/.]31|31[-/.]12[-/.](?:9999|2999)|12[-/.]31[-/.](?:9999|2999)"
    r"|(?:0001|1753|1800|1900|1970)[-/.]0?1[-/.]0?1|0?1[-/.]0?1[-/.](?:0001|1753|1800|1900|1970))"
    r"(?:[T ].*)?"
)
MIN_YEARS_APART = 20
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
    for token in _stand_ins(columns.values()):
        missing[token] = sum(counts[token] for counts in columns.values())
    for name, counts in columns.items():
        if is_prose(counts):
            missing[""] += counts[""]
            continue
        others = [other for key, other in columns.items() if key != name]
        for token in _missing_tokens(counts, decimal, others):
            missing[token] += counts[token]
    return missing


def _stand_ins(columns: Iterable[Counter[str]]) -> list[str]:
    """Return the dates that stand for none wherever they occur."""
    found = [(counts, _stand_ins_of(counts)) for counts in columns]
    tokens = {token for _, tokens in found for token in tokens}
    return sorted(
        token
        for token in tokens
        if all(token in tokens_of or token not in counts for counts, tokens_of in found)
    )


def _stand_ins_of(counts: Counter[str]) -> set[str]:
    """Return the dates of a column that are repeated, and far from all others.

    That is one of the year 9999 or 2999, or the first day that some program knows.
    """
    likely = {value for value in counts if STAND_IN.fullmatch(value) and counts[value] > 1}
    if not likely:
        return set()
    others = [value for value in counts if value not in likely and value not in ALWAYS_MISSING]
    years = [int(found[1]) for value in others if (found := YEAR.search(value))]
    if not years or not all(is_date(value) for value in others):
        return set()
    first, last = min(years), max(years)
    room = max(last - first, MIN_YEARS_APART)

    def is_far(value: str) -> bool:
        year = int(YEAR.findall(value)[0])
        return not first - room <= year <= last + room

    return set(filter(is_far, likely))


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
