"""Parse texts as numbers; null where a text is none."""

from collections.abc import Mapping
from functools import reduce

from pyspark.sql import Column
from pyspark.sql import functions as F

from spark_jobs.contract import NumberFormat
from spark_jobs.spelling import (
    DURATIONS,
    FRACTION,
    LIMIT,
    MINUS_SIGN,
    NO_CENTS,
    PARENTHESES,
    SIGN_AND_GAP,
    TRAILING_MINUS,
    factors_in_lower_case,
    grouped_number,
    lower_case_column,
    multiple_behind,
    thousands_mark,
    unit_before,
    unit_behind,
)

# Characters of numbers that Java reads and most other languages do not: "1d", "1f", "0x1p1", and
# "1\0", as it trims the NUL byte.
ONLY_IN_JAVA = r"dDfFxX\x00"


def parse_number(text: Column, decimal: str, number_format: NumberFormat | None) -> Column:
    """Return the texts as numbers.

    Args:
        text: trimmed.
        decimal: the decimal mark of numbers without a format.
        number_format: how they are written; None for plain numbers.
    """
    if number_format is None:
        return _plain_number(text, decimal)
    if duration := number_format["duration"]:
        return _duration(text, duration)
    return _formatted_number(text, number_format)


def _plain_number(text: Column, decimal: str) -> Column:
    has_comma = decimal == ","
    number = F.replace(text, F.lit(","), F.lit(".")) if has_comma else text
    number = number.try_cast("double")
    # NaN is excluded as well, because Spark orders it above infinity
    is_finite = F.abs(number) < float("inf")
    refused = f"[{ONLY_IN_JAVA}{'.' if has_comma else ''}]"
    return F.when(is_finite & ~text.rlike(refused), number)


def _formatted_number(text: Column, number_format: NumberFormat) -> Column:
    decimal, thousands = number_format["decimal"], number_format["thousands"]
    number = F.regexp_replace(text, NO_CENTS, "")
    if number_format["limits"]:
        number = F.regexp_replace(number, LIMIT, "")
    if number_format["accounting"]:
        number = F.translate(number, MINUS_SIGN, "-")
        for negative in (PARENTHESES, TRAILING_MINUS):
            number = F.regexp_replace(number, f"^{negative}$", "-$1")
    if unit := number_format["unit"]:
        number = F.regexp_replace(number, unit_before(unit), "$1")
        number = F.regexp_replace(number, unit_behind(unit), "")
    factor = None
    if multiples := number_format["multiples"]:
        number, factor = _without_multiple(number, multiples)
    number = F.regexp_replace(number, SIGN_AND_GAP, "$1")
    if thousands:
        is_grouped = number.rlike(f"^{grouped_number(thousands, decimal)}$")
        without_marks = F.regexp_replace(number, thousands_mark(thousands), "")
        number = F.when(is_grouped, without_marks).otherwise(number)
    value = _plain_number(number, decimal)
    if factor is not None:
        return factor * value
    if not number_format["fractions"]:
        return value
    sign, whole, above, below = (
        F.regexp_extract(number, f"^{FRACTION}$", group) for group in range(1, 5)
    )
    share = above.try_cast("double") / F.nullif(below.try_cast("double"), F.lit(0.0))
    total = F.coalesce(whole.try_cast("double"), F.lit(0.0)) + share
    return F.coalesce(value, F.when(sign == "-", -total).otherwise(total))


def _duration(text: Column, written: str) -> Column:
    pattern, seconds = DURATIONS[written]
    whole = rf"\A{pattern}\z"
    sign, *counts = (F.regexp_extract(text, whole, group) for group in range(1, len(seconds) + 2))
    parts = (
        F.coalesce(F.translate(count, ",", ".").try_cast("double"), F.lit(0.0)) * each
        for count, each in zip(counts, seconds, strict=True)
    )
    total = reduce(Column.__add__, parts)
    return F.when(text.rlike(whole), F.when(sign == "-", -total).otherwise(total))


def _without_multiple(text: Column, multiples: Mapping[str, float]) -> tuple[Column, Column]:
    """Return the texts without what stands for a factor behind them, and the factors."""
    text, pattern = lower_case_column(text), multiple_behind(multiples)
    pairs = factors_in_lower_case(multiples).items()
    by_name = F.create_map(*(F.lit(each) for pair in pairs for each in pair))
    found = by_name[F.regexp_extract(text, pattern, 1)]
    return F.regexp_replace(text, pattern, ""), F.coalesce(found, F.lit(1.0))
