"""Spark's patterns of dates and times as regular expressions of Python."""

import re
from collections.abc import Iterator
from typing import Any

from spark_jobs.contract import ColumnRules
from spark_jobs.month_names import ENGLISH, ORDINAL, month_numbers, name_pattern
from spark_jobs.runtime.job import JobError
from spark_jobs.spelling import HALF_OF_DAY

SECTION = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']")
FULL_NAMES = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September"),
    *("October", "November", "December"),
)
FIELDS = {
    "y": "year",
    "M": "month",
    "L": "month",
    "d": "day",
    "D": "day_of_year",
    "H": "hour",
    "k": "clock_hour",
    "K": "hour_half",
    "h": "clock_half",
    "m": "minute",
    "s": "second",
}
OTHERS = {"S": r"(\d{{1,{length}}})", "a": " (am|pm)"}
YEARS = {2: r"(\d{2})", 4: r"(\d{4}|\+\d{5,6}|-\d{4,6})"}
# offsets by their letter and its repeats: hours, with minutes or with colons
OFFSETS = {
    1: r"[+-]\d{2}(?:\d{2})?",
    2: r"[+-]\d{4}",
    3: r"[+-]\d{2}:\d{2}",
    4: r"[+-]\d{4}(?:\d{2})?",
    5: r"[+-]\d{2}:\d{2}(?::\d{2})?",
}


def time_spec(name: str, rules: ColumnRules, parts: list[str]) -> dict[str, Any]:
    """Return how the times of a column are read, as `scorer.py` expects it.

    Args:
        name: of the column.
        rules: of the column, a datetime.
        parts: of its times that the model uses.

    Raises:
        JobError: its pattern has a part that can't be exported.
    """
    # pyspark takes a second to import
    from spark_jobs.cleaning.times import OFFSET, WEEKDAY, letters_of

    pattern, language = rules["format"], rules["language"]
    assert not isinstance(pattern, dict), "that is the format of numbers"
    spec: dict[str, Any] = {
        **dict.fromkeys(("pattern", "month", "ordinal", "months", "halves", "first_year")),
        "fields": [],
        "replace": [],
        "zone": rules["zone"],
        "parts": parts,
        "written": f"as {pattern}" if pattern else "as in 2024-01-31 13:05:00",
        "offset": rf"\A(?s:(?=.*:).*){OFFSET}".replace("$", r"\Z"),
    }
    if pattern is None:
        return spec
    letters = letters_of(pattern)
    # a text that the pattern fits has an offset if the pattern has one
    spec["offset"] = "" if re.search("[XxZVzO]", letters) else r"(?!)"
    if pattern.startswith(WEEKDAY):
        pattern = pattern.lstrip("E").lstrip(".,- ")
        spec["replace"] = [[r"^(?u:[^\W\d_]|-)+[.,]* +", ""], [" +", " "]]
    if language:
        numbers = month_numbers(language)
        spec["month"], spec["ordinal"] = name_pattern(language), ORDINAL
        spec["months"] = {key: ENGLISH[number - 1] for key, number in numbers.items()}
    if "a" in letters:
        spec["halves"] = HALF_OF_DAY
    sections = [*_sections(pattern, has_language=bool(language))]
    if re.search("(?<!y)yy(?!y)", letters):
        spec["first_year"] = rules["first_year"]
    spec["pattern"] = "".join(regex for regex, _ in sections)
    spec["fields"] = [field for _, field in sections if field]
    if len(set(spec["fields"])) < len(spec["fields"]):
        raise JobError(f"the `format` {pattern} of the column '{name}' has a part twice")
    return spec


def _sections(pattern: str, *, has_language: bool) -> Iterator[tuple[str, str]]:
    """Yield the regular expression of each section, and the field that its group has, or ""."""
    found = [*SECTION.finditer(pattern)]
    for number, section in enumerate(found):
        following = found[number + 1][0] if number + 1 < len(found) else ""
        text, letter = section[0], section[2]
        if text == "[":
            yield "(?:", ""
        elif text == "]":
            yield ")?", ""
        elif text.startswith("'"):
            yield re.escape((section[1] or "'").replace("''", "'")), ""
        elif letter is None:
            before_half = following.startswith("a") and text in " \u00a0\u202f"
            yield ("" if before_half else re.escape(text)), ""
        else:
            yield _field(letter, len(text), following, has_language=has_language)


def _field(letter: str, length: int, following: str, *, has_language: bool) -> tuple[str, str]:
    if letter in "ML" and length > 2:
        is_full = length == 4 and not has_language
        return f"({'|'.join(FULL_NAMES if is_full else ENGLISH)})", "month_name"
    if letter == "y" and length in YEARS:
        return YEARS[length], "short_year" if length == 2 else "year"
    if letter in FIELDS:
        return _digits(letter, length, following), FIELDS[letter]
    if letter in OTHERS:
        return OTHERS[letter].format(length=length), "half" if letter == "a" else "fraction"
    if letter in "XxZOVz":
        return _zone(letter, length), "zone"
    raise JobError(f"times with '{letter * length}' in their `format` can't be exported")


def _zone(letter: str, length: int) -> str:
    if letter in "OVz" or (letter, length) == ("Z", 4):
        return r"((?:UTC|GMT|UT)?(?:[+-]\d{1,2}(?::?\d{2})?)?|Z)"
    if letter == "Z" and length < 5:
        return f"({OFFSETS[2]})"
    return f"({OFFSETS[length]})" if letter == "x" else f"(Z|{OFFSETS[length]})"


def _digits(letter: str, length: int, following: str) -> str:
    if length > 1 and letter != "y":
        return rf"(\d{{{length}}})"
    # digits that a fixed number of digits follows leave these to it
    is_followed = len(following) > 1 and following[0] in "dDHhKkMms"
    return rf"(\d{{{length},6}}{'' if is_followed else '+'})"
