"""Parse texts as numbers; null where a text is none."""

import re
from collections.abc import Mapping

from pyspark.sql import Column
from pyspark.sql import functions as F

from spark_jobs.contract import NumberFormat

NUMBER_SUFFIXES = "dDfF"  # Java, unlike most other languages, reads "1d" as a number
HEXADECIMAL = "xX"
BLANK_MARKS = " \u00a0\u202f\u2009"  # the spaces that separate thousands
MINUS_SIGN = "\u2212"  # of Unicode, as people and statistics programs write it
GAP = r"[\s\xA0\u202F\u2009]"  # Java's `\s` is ASCII alone
# a dash in place of the cents, as in `5,-`
NO_CENTS = r"(?<=\d)[.,](?:-{1,2}|\u2013|\u2014)(?!\d)"


def parse_number(text: Column, decimal: str, number_format: NumberFormat | None) -> Column:
    """Return the texts as numbers.

    Args:
        text: trimmed.
        decimal: the decimal mark of numbers without a format.
        number_format: how they are written; None for plain numbers.
    """
    if number_format is None:
        return _plain_number(text, decimal)
    return _formatted_number(text, number_format)


def _plain_number(text: Column, decimal: str) -> Column:
    has_comma = decimal == ","
    number = F.replace(text, F.lit(","), F.lit(".")) if has_comma else text
    number = number.try_cast("double")
    # NaN is excluded as well, because Spark orders it above infinity
    is_plain = F.abs(number) < F.lit(float("inf"))
    for suffix in NUMBER_SUFFIXES:
        is_plain &= ~text.endswith(suffix)
    for character in (*HEXADECIMAL, "\0", *("." if has_comma else "")):
        is_plain &= ~F.contains(text, F.lit(character))
    return F.when(is_plain, number)


def _formatted_number(text: Column, number_format: NumberFormat) -> Column:
    decimal, thousands = number_format["decimal"], number_format["thousands"]
    number = F.regexp_replace(text, NO_CENTS, "")
    if number_format["accounting"]:
        number = F.translate(number, MINUS_SIGN, "-")
        number = F.regexp_replace(number, r"^\((.+)\)$", "-$1")
        number = F.regexp_replace(number, r"^([^-].*)-$", "-$1")
    if unit := number_format["unit"]:
        pattern = rf"(?iu:\Q{unit}\E)"
        number = F.regexp_replace(number, rf"^([+-]?){GAP}*{pattern}{GAP}*", "$1")
        number = F.regexp_replace(number, rf"{GAP}*{pattern}$", "")
    factor = None
    if multiples := number_format["multiples"]:
        number, factor = _without_multiple(number, multiples)
    number = F.regexp_replace(number, rf"^([+-]){GAP}+", "$1")
    if thousands:
        mark = f"[{BLANK_MARKS}]" if thousands in BLANK_MARKS else re.escape(thousands)
        # by threes, or as in India, by twos before the last three
        grouped = rf"\d{{1,3}}(?:{mark}\d{{3}})+|\d{{1,2}}(?:{mark}\d{{2}})*{mark}\d{{3}}"
        is_grouped = number.rlike(rf"^[+-]?(?:{grouped})(?:{re.escape(decimal)}\d*)?$")
        number = F.when(is_grouped, F.regexp_replace(number, mark, "")).otherwise(number)
    value = _plain_number(number, decimal)
    if factor is not None:
        return factor * value
    if not number_format["fractions"]:
        return value
    parts = r"^([+-]?)(?:(\d+) )?(\d+)/(\d*[1-9]\d*)$"
    sign, whole, above, below = (F.regexp_extract(number, parts, i) for i in range(1, 5))
    share = above.try_cast("double") / F.nullif(below.try_cast("double"), F.lit(0.0))
    total = F.coalesce(whole.try_cast("double"), F.lit(0.0)) + share
    return F.coalesce(value, F.when(sign == "-", -total).otherwise(total))


def _without_multiple(text: Column, multiples: Mapping[str, float]) -> tuple[Column, Column]:
    """Return the texts without what stands for a factor behind them, and the factors."""
    factors = {name.lower(): factor for name, factor in multiples.items()}
    longest_first = sorted(factors, key=lambda name: (-len(name), name))
    names = "|".join(rf"\Q{name}\E" for name in longest_first)
    pattern = rf"(?iu){GAP}*({names})$"
    by_name = F.create_map(*(F.lit(each) for pair in factors.items() for each in pair))
    found = by_name[F.lower(F.regexp_extract(text, pattern, 1))]
    return F.regexp_replace(text, pattern, ""), F.coalesce(found, F.lit(1.0))
