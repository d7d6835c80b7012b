"""What kind of column the values make."""

from emr_ml.infer.categories import guess_categories
from emr_ml.infer.column import ENOUGH, Column, Guess, shown, some
from emr_ml.infer.quantities import guess_quantity
from emr_ml.infer.values import LEADING_ZERO
from spark_jobs.names import RESERVED

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
