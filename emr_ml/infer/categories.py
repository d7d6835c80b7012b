"""Columns of words: categories, texts, or codes that only tell rows apart."""

from collections.abc import Sequence
from statistics import fmean

from emr_ml.infer.column import ENOUGH, Column, Guess, shown, some
from emr_ml.infer.missing import TEXT_WORDS
from emr_ml.infer.values import AMOUNT, DATE, THOUSANDS, is_number, words

LOOKED_AT = 1000  # different values
MANY_CATEGORIES = 1000
DISTINCT = 0.5  # different values per value, from which on they are codes, not categories
PROSE_WORDS = 8
LONG_TEXT = 60  # characters
SHOWN = 5


def guess_categories(column: Column) -> Guess:
    """A column whose values are mostly no numbers."""
    values = list(column.counts)[:LOOKED_AT]
    if _is_text(column, values):
        return Guess("text", f"about {words(column.values[:LOOKED_AT]):.0f} words")
    common = [value for value, _ in column.counts.most_common(SHOWN + 1)]
    count = f"{len(column.counts):,} {'category' if len(common) == 1 else 'categories'}"
    guess = Guess("categorical", f"{count}: {some(common, SHOWN)}")
    if len(column.values) < ENOUGH:
        return guess
    if len(values) > ENOUGH and all(_amount(value) or is_number(value) for value in values):
        signs = shown(next(filter(_amount, values)))
        return Guess("numeric").without(f"numbers with signs, such as {signs}: write plain ones")
    return _not_to_learn(column, values, guess)


def _not_to_learn(column: Column, values: Sequence[str], guess: Guess) -> Guess:
    """Left out if the values are seldom the same, or days."""
    if all(map(_dated, values)):
        return guess.without("dates and times")
    if column.unique:
        of_a_length = len({len(value) for value in values}) == 1
        key = column.key_by_name or of_a_length
        return guess.without("each row has its own: a key or a name", key=key)
    if column.distinct > DISTINCT:
        return guess.without(f"{len(column.counts):,} different values: codes or names")
    return guess


def _is_text(column: Column, values: Sequence[str]) -> bool:
    """Many words, or some words that seldom come back."""
    seldom = column.distinct > DISTINCT
    length = words(values)
    if length >= PROSE_WORDS or fmean(map(len, values)) > LONG_TEXT:
        return seldom or len(column.counts) > ENOUGH
    some_words = length >= TEXT_WORDS and not all(map(_dated, values))
    return some_words and (seldom or len(column.counts) > MANY_CATEGORIES)


def _dated(value: str) -> bool:
    return bool(DATE.fullmatch(value))


def _amount(value: str) -> bool:
    return bool(THOUSANDS.fullmatch(value) or AMOUNT.fullmatch(value))
