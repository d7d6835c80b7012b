"""Columns of numbers: quantities, or numbers that only tell things apart."""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from emr_ml.infer.column import ENOUGH, Column, Guess, some
from emr_ml.infer.values import is_compact_date, number

COUNT_WORDS = {"index", "idx", "row", "rowid", "rownames", "rownum", "unnamed"}
STRONG_KEY_WORDS = {"id", "uuid", "guid"}
OF_ITS_OWN = 0.2  # keys per row, from which on few come back


def guess_quantity(column: Column, junk: int) -> Guess:
    """A column that is nearly all numbers; `junk` counts the values that are none."""
    numbers = [number(value, column.decimal) for value in column.values if _is_one(column, value)]
    said = f"{_figure(min(numbers))} to {_figure(max(numbers))}"
    said += _stand_in(numbers)
    if junk:
        are = "values are no numbers" if junk > 1 else "value is no number"
        said += f"; {junk:,} {are}: {some(sorted(column.strange), 3)}; their rows will be rejected"
    guess = Guess("numeric", said, junk=column.strange)
    if len(numbers) < ENOUGH or junk:
        return guess
    if all(map(is_compact_date, column.counts)):
        return guess.without("dates")
    if not all(value.lstrip("+-").isdecimal() for value in column.counts):
        return guess
    return _of_integers(column, numbers, guess)


def _stand_in(numbers: Sequence[float]) -> str:
    """A hint at a number such as -999 that stands far from all others, again and again."""
    different = sorted(set(numbers))
    if len(different) < 3:
        return ""
    low, lowest, highest, high = different[0], different[1], different[-2], different[-1]
    for value, gap, rest in (
        (low, lowest - low, high - lowest),
        (high, high - highest, highest - low),
    ):
        often = numbers.count(value)
        if often > 1 and gap > rest and re.fullmatch("-?9+", _figure(value)):
            return (
                f"; {_figure(value)} stands {often:,} times far from all others: if it means that "
                "there is no value, add it to `missing`"
            )
    return ""


def _of_integers(column: Column, numbers: Sequence[float], guess: Guess) -> Guess:
    if column.unique and (column.name_words & COUNT_WORDS or _numbers_rows(numbers)):
        return guess.without("it numbers the rows", key=column.key_by_name)
    if column.unique and column.key_by_name:
        return guess.without("each row has its own: a key, by its name", key=True)
    many = len(column.counts) > max(OF_ITS_OWN * len(numbers), ENOUGH)
    if many and column.name_words & STRONG_KEY_WORDS:
        return guess.without("a key, by its name; where keys come back, `categorical` may help")
    return guess


def _numbers_rows(numbers: Sequence[float]) -> bool:
    """Different integers in one step from row to row, or without a gap in any order."""
    steps = Counter(later - former for former, later in pairwise(numbers))
    ((_, often),) = steps.most_common(1)
    return often >= 0.9 * (len(numbers) - 1) or max(numbers) - min(numbers) + 1 == len(numbers)


def _is_one(column: Column, value: str) -> bool:
    return value not in column.strange


def _figure(value: float) -> str:
    return f"{value:.0f}" if value.is_integer() and abs(value) < 1e15 else f"{value:.6g}"
