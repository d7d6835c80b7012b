"""The kind of a column: a quantity, categories, text, or a key."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from statistics import fmean

from emr_ml.infer.values import (
    AMOUNT,
    DATE,
    LEADING_ZERO,
    TEXT_WORDS,
    THOUSANDS,
    is_compact_date,
    is_number,
    number,
    words,
)
from spark_jobs.columns import RESERVED

KEY_WORDS = {"id", "ids", "uuid", "guid", "key", "pk", "identifier", "no", "nr", "number"}
ENOUGH = 20  # values without which a column that looks like a key may be so by chance


@dataclass(frozen=True)
class Column:
    """The values that are there, in the file's order, and how often each of them is.

    `rows` counts those that are missing, too. `decimal` is the decimal mark.
    """

    name: str
    values: Sequence[str]
    counts: Counter[str]
    rows: int
    decimal: str = "."

    @cached_property
    def strange(self) -> frozenset[str]:
        """The values that are no numbers."""
        return frozenset(value for value in self.counts if not is_number(value, self.decimal))

    @property
    def unique(self) -> bool:
        return len(self.counts) == len(self.values)

    @property
    def distinct(self) -> float:
        """Different values per value."""
        return len(self.counts) / len(self.values)

    @cached_property
    def name_words(self) -> frozenset[str]:
        return name_words(self.name)

    @property
    def key_by_name(self) -> bool:
        return bool(self.name_words & KEY_WORDS)


@dataclass(frozen=True)
class Guess:
    """A column's kind, and what is said of it.

    `left_out` says why it should not be learned from, if it should not. `key` says that it
    tells rows apart, `junk` are the values that a column of this kind would reject.
    """

    kind: str
    said: str = ""
    left_out: str | None = None
    key: bool = False
    junk: frozenset[str] = frozenset()

    def without(self, reason: str, *, key: bool = False) -> "Guess":
        """The same kind, but better left out."""
        return replace(self, left_out=reason, key=key)


def name_words(name: str) -> frozenset[str]:
    """The words of a name: `customerId`, `customer_id` and `Customer ID` have two."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return frozenset(re.findall(r"[^\W_]+", parted.lower()))


def shown(value: str) -> str:
    """A value within a comment."""
    text = " ".join(value.split())
    return f"'{text[:30]}…'" if len(text) > 30 else f"'{text}'"


def some(values: Sequence[str], most: int) -> str:
    """The first values within a comment."""
    more = ", …" if len(values) > most else ""
    return ", ".join(map(shown, values[:most])) + more


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


JUNK = 0.01  # of the values may be no numbers in a column of numbers: their rows are rejected
ALMOST_NUMBERS = 0.8


def guess_kind(column: Column) -> Guess:
    """The kind of a column, and why it is better left out, if it is."""
    if not column.counts:
        return Guess("categorical", left_out="it is empty")
    guess = _kind(column)
    absent = column.rows - len(column.values)
    if absent:
        said = f"{guess.said}, {100 * absent / column.rows:.2g} % missing"
        guess = Guess(guess.kind, said, guess.left_out, junk=guess.junk)
    if is_reserved(column.name):
        return guess.without("the jobs use that name: rename it in the file to learn from it")
    if len(column.counts) == 1 and not absent:
        return guess.without(f"it is always {shown(column.values[0])}")
    return guess


def is_reserved(name: str) -> bool:
    """Whether no contract may name the column."""
    return name in RESERVED or name.startswith("__")


def _kind(column: Column) -> Guess:
    counts, strange = column.counts, column.strange
    junk = sum(counts[value] for value in strange)
    if junk > (1 - ALMOST_NUMBERS) * len(column.values) or _codes(column):
        return guess_categories(column)
    if junk > JUNK * len(column.values):
        return _mixed(column, junk)
    if len(counts) == 1 and column.rows > len(column.values):
        return Guess("categorical", f"nothing but {shown(column.values[0])}")
    return guess_quantity(column, junk)


def _codes(column: Column) -> bool:
    """Digits with zeros in front, as of zip codes, are no quantities."""
    leading = any(LEADING_ZERO.fullmatch(value) for value in column.counts)
    return leading and all(value.isdecimal() for value in column.counts)


def _mixed(column: Column, junk: int) -> Guess:
    """Numbers with too many other values among them to reject their rows."""
    counts = column.counts
    others = some(sorted(column.strange, key=lambda value: -counts[value]), 3)
    said = f"{100 * junk / len(column.values):.2g} % of the values are no numbers: {others}"
    if len(counts) <= ENOUGH:
        return Guess("categorical", f"{said}; {some(list(counts), 5)}")
    guess = Guess("numeric", said, junk=column.strange)
    return guess.without(f"{said}; add them to `missing`, or mend them")
