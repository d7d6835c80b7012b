"""Parse texts as dates and times; null where a text is none."""

import re
from typing import cast

from pyspark.sql import Column
from pyspark.sql import functions as F

from spark_jobs.contract import ColumnRules
from spark_jobs.month_names import ENGLISH, ORDINAL, month_numbers, name_pattern
from spark_jobs.spelling import HALF_OF_DAY, lower_case_column

UTC = "UTC"
WEEKDAY = "EEE"  # Spark can write it, but not read it
LITERAL = re.compile("('(?:[^']|'')*')")
# an offset at the end, behind a time or in Spark's own form; Java's `\d` is ASCII alone
OFFSET = r"[:\d ](?:[Zz]|UTC|GMT|[+-]\d{1,2}(?::?\d{2})?)$"
CENTURY = 100


def parse_datetime(text: Column, rules: ColumnRules) -> Column:
    """Return the texts as timestamps: what a clock in the zone shows, as if it were UTC.

    A text without an offset is taken as it is. Halves of the day may be written `pm`, `PM` and
    `p.m.`.

    Args:
        text: trimmed.
        rules: of the column, a datetime.
    """
    pattern, zone = cast("str | None", rules["format"]), rules["zone"]
    if pattern is None:
        time = text.try_cast("timestamp")
        has_offset = text.rlike(OFFSET) & F.contains(text, F.lit(":"))
    else:
        time = _by_pattern(text, pattern, rules["language"])
        if re.search("(?<!y)yy(?!y)", letters_of(pattern)):
            time = _in_century(time, rules["first_year"])
        has_offset = F.lit(bool(re.search("[XxZVzO]", letters_of(pattern))))
    if zone == UTC:
        return time
    return F.when(has_offset, F.from_utc_timestamp(time, zone)).otherwise(time)


def letters_of(pattern: str) -> str:
    """Return the pattern without what it quotes."""
    return LITERAL.sub("", pattern)


def _by_pattern(text: Column, pattern: str, language: str | None) -> Column:
    if pattern.startswith(WEEKDAY):
        pattern = pattern.lstrip("E").lstrip(".,- ")
        text = F.regexp_replace(text, r"^[\p{L}-]+[.,]* +", "")
        text = F.regexp_replace(text, " +", " ")  # C's `ctime` writes `Jan  5`
    if language:
        text = _with_english_month(text, language)
        pattern = _outside_quotes("[ML]{3,}", "MMM", pattern)
    if "a" in letters_of(pattern):
        text = F.regexp_replace(text, f"(?iU){HALF_OF_DAY}", " $1m")
        pattern = _outside_quotes(r"[ \u00a0\u202f]*a+", " a", pattern)
    return F.try_to_timestamp(text, F.lit(pattern))


def _outside_quotes(expression: str, replacement: str, pattern: str) -> str:
    # every second piece is quoted
    pieces = LITERAL.split(pattern)
    pieces[::2] = [re.sub(expression, replacement, piece) for piece in pieces[::2]]
    return "".join(pieces)


def _with_english_month(text: Column, language: str) -> Column:
    """Replace the name of a month by its English abbreviation, and `1er` by `1`."""
    name = f"(?iU){name_pattern(language)}"
    pairs = ((key, ENGLISH[number - 1]) for key, number in month_numbers(language).items())
    english = F.create_map(*(F.lit(each) for pair in pairs for each in pair))
    written = F.regexp_extract(text, name, 0)  # with the dot of an abbreviation
    found = english[lower_case_column(F.rtrim(written, F.lit(".")))]
    replaced = F.replace(text, written, F.coalesce(found, F.lit("")))
    return F.regexp_replace(replaced, f"(?iU){ORDINAL}", "")


def _in_century(time: Column, first_year: int) -> Column:
    """Move times of the years 2000 to 2099 to the hundred years from the first one."""
    is_later = F.year(time) >= F.lit(first_year + CENTURY)
    return F.when(is_later, time - F.expr("interval 100 years")).otherwise(time)
