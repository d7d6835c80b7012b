"""The pattern of a column of dates or times."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from spark_jobs.contract import DatetimePart

YEAR, SHORT_YEAR = r"(?P<year>\d{4})", r"(?P<short_year>\d{2})"
MONTH, DAY = r"(?P<month>\d{1,2})", r"(?P<day>\d{1,2})"
SHORT_NAME = r"(?P<name>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
LONG_NAME = (
    r"(?P<name>january|february|march|april|may|june|july|august|september|october|november"
    r"|december)"
)
WEEKDAY = r"(?:mon|tue|wed|thu|fri|sat|sun)"
# the parts of Spark's patterns, and what they match
DATES = (
    ("d/M/yyyy", f"{DAY}/{MONTH}/{YEAR}"),
    ("M/d/yyyy", f"{MONTH}/{DAY}/{YEAR}"),
    ("d.M.yyyy", rf"{DAY}\.{MONTH}\.{YEAR}"),
    ("d-M-yyyy", f"{DAY}-{MONTH}-{YEAR}"),
    ("M-d-yyyy", f"{MONTH}-{DAY}-{YEAR}"),
    ("yyyy/M/d", f"{YEAR}/{MONTH}/{DAY}"),
    ("yyyy.M.d", rf"{YEAR}\.{MONTH}\.{DAY}"),
    ("yyyy-M-d", f"{YEAR}-{MONTH}-{DAY}"),
    ("yyyyMMdd", rf"{YEAR}(?P<month>\d\d)(?P<day>\d\d)"),
    ("d/M/yy", f"{DAY}/{MONTH}/{SHORT_YEAR}"),
    ("M/d/yy", f"{MONTH}/{DAY}/{SHORT_YEAR}"),
    ("d.M.yy", rf"{DAY}\.{MONTH}\.{SHORT_YEAR}"),
    ("d-M-yy", f"{DAY}-{MONTH}-{SHORT_YEAR}"),
    ("d MMM yyyy", f"{DAY} {SHORT_NAME} {YEAR}"),
    ("d-MMM-yyyy", f"{DAY}-{SHORT_NAME}-{YEAR}"),
    ("d/MMM/yyyy", f"{DAY}/{SHORT_NAME}/{YEAR}"),
    ("d-MMM-yy", f"{DAY}-{SHORT_NAME}-{SHORT_YEAR}"),
    ("d MMM yy", f"{DAY} {SHORT_NAME} {SHORT_YEAR}"),
    ("MMM d, yyyy", f"{SHORT_NAME} {DAY}, {YEAR}"),
    ("MMM d yyyy", f"{SHORT_NAME} {DAY} {YEAR}"),
    ("d MMMM yyyy", f"{DAY} {LONG_NAME} {YEAR}"),
    ("MMMM d, yyyy", f"{LONG_NAME} {DAY}, {YEAR}"),
    ("EEE, d MMM yyyy", f"{WEEKDAY}, {DAY} {SHORT_NAME} {YEAR}"),
    ("EEE d MMM yyyy", f"{WEEKDAY} {DAY} {SHORT_NAME} {YEAR}"),
)
CLOCK, CLOCK_12 = r"(?P<hour>\d{1,2}):(?P<minute>\d\d)", r"(?P<hour12>\d{1,2}):(?P<minute>\d\d)"
SECOND, HALF = r":(?P<second>\d\d)", r"(?P<half>[ap]m)"
TIMES = (
    ("H:mm", CLOCK),
    ("H:mm:ss", f"{CLOCK}{SECOND}"),
    ("H:mm:ss.SSSSSSSSS", rf"{CLOCK}{SECOND}\.\d{{1,9}}"),
    ("H:mm:ss,SSSSSSSSS", rf"{CLOCK}{SECOND},\d{{1,9}}"),
    ("h:mm a", f"{CLOCK_12} {HALF}"),
    ("h:mm:ss a", f"{CLOCK_12}{SECOND} {HALF}"),
    ("h:mma", f"{CLOCK_12}{HALF}"),
    ("HHmmss", r"(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)"),
)
GAPS = ((" ", " "), ("'T'", "T"), (", ", ", "), (":", ":"))
OFFSETS = (
    ("XXX", r"(?:[+-]\d\d:\d\d|Z)"),
    (" XXX", r" (?:[+-]\d\d:\d\d|Z)"),
    ("XX", r"[+-]\d{4}"),
    (" XX", r" [+-]\d{4}"),
    (" z", r" (?:UTC|GMT|EST|EDT|CST|CDT|MST|MDT|PST|PDT|CET|CEST)"),
)
MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
ISO = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})"
    r"([T ](?P<hour>\d{1,2}):(?P<minute>\d{1,2})(:(?P<second>\d{1,2})(\.\d{1,9})?"
    r"( ?(Z|UTC|[+-]\d{2}:?\d{2}))?)?)?",
    re.ASCII,
)
COMPILED = {
    parts: [(spark, re.compile(text, re.ASCII | re.IGNORECASE)) for spark, text in parts]
    for parts in (DATES, TIMES, OFFSETS)
}
DAY_FIRST = {"d/M/yyyy": "M/d/yyyy", "d-M-yyyy": "M-d-yyyy", "d/M/yy": "M/d/yy"}
MIN_SHARE = 0.99  # of the values, for the pattern to be theirs
MAX_VALUES = 5000  # that are looked at
MAX_LENGTH = 40  # of a date or time
YEARS = range(1583, 2300)  # those that a date is likely to be of


@dataclass(frozen=True)
class TimePattern:
    """How dates or times are written.

    Args:
        pattern: of Spark; None for ISO 8601.
        parts: that differ between the values, to be learned from.
        is_ambiguous: day and month could be the other way round.
        rejected: values that are not written so.
    """

    pattern: str | None
    parts: tuple[DatetimePart, ...]
    is_ambiguous: bool = False
    rejected: frozenset[str] = frozenset()


def guess_time_pattern(values: Sequence[str], *, day_first: bool) -> TimePattern | None:
    """Return the pattern of these values, or None if they are no dates or times.

    Args:
        values: distinct ones of a column.
        day_first: whether the day is before the month where both are possible.
    """
    values = values[:MAX_VALUES]
    enough = MIN_SHARE * len(values)
    if any(len(value) > MAX_LENGTH for value in values):
        return None
    times = [_parse_iso(value) for value in values]
    if sum(time is not None for time in times) >= enough:
        return _described(None, values, times)
    candidates = {pattern for value in values[:3] for pattern, _ in _readings(value)}
    if not candidates:
        return None
    readings = [dict(_readings(value)) for value in values]
    counts = {each: sum(each in reading for reading in readings) for each in candidates}
    # of equal counts, the first in the order of the tables above
    ordered = sorted(candidates, key=lambda each: (-counts[each], _rank(each)))
    best = ordered[0]
    if counts[best] < enough:
        return None
    other = _swapped(best)
    is_ambiguous = counts.get(other) == counts[best]
    if is_ambiguous and best.startswith("d") != day_first:
        best = other
    times = [reading.get(best) for reading in readings]
    return _described(best, values, times, is_ambiguous=is_ambiguous)


def _described(
    pattern: str | None,
    values: Sequence[str],
    times: Sequence[datetime | None],
    *,
    is_ambiguous: bool = False,
) -> TimePattern | None:
    present = [time for time in times if time is not None]
    has_date = pattern is None or "y" in pattern
    if has_date and any(time.year not in YEARS for time in present):
        return None
    has_dates = has_date and len({time.date() for time in present}) > 1
    parts: list[DatetimePart] = []
    if has_dates:
        parts.append("elapsed")
    if len({(time.hour, time.minute) for time in present}) > 1:
        parts.append("hour")
    if has_dates:
        parts.extend(("weekday", "month"))
    rejected = {value for value, time in zip(values, times, strict=True) if time is None}
    return TimePattern(pattern, tuple(parts) or ("elapsed",), is_ambiguous, frozenset(rejected))


def _readings(value: str) -> Iterator[tuple[str, datetime]]:
    """Yield each pattern that fits a value, and the time that it then is."""
    for date, date_text in COMPILED[DATES]:
        found = date_text.match(value)
        if found is None:
            continue
        rest = value[found.end() :]
        if not rest:
            yield from _time(date, found.groupdict())
            continue
        for gap, gap_text in GAPS:
            if rest.startswith(gap_text):
                for time, groups in _clock(rest.removeprefix(gap_text)):
                    yield from _time(f"{date}{gap}{time}", {**found.groupdict(), **groups})
    for time, groups in _clock(value):
        if ":" in time:
            yield from _time(time, groups)


def _clock(text: str) -> Iterator[tuple[str, Mapping[str, str | None]]]:
    for time, time_text in COMPILED[TIMES]:
        found = time_text.match(text)
        if found is None:
            continue
        rest = text[found.end() :]
        if not rest:
            yield time, found.groupdict()
        for offset, offset_text in COMPILED[OFFSETS]:
            if rest and offset_text.fullmatch(rest):
                yield f"{time}{offset}", found.groupdict()


def _time(pattern: str, groups: Mapping[str, str | None]) -> Iterator[tuple[str, datetime]]:
    """Yield the pattern with the time, if there is such a time."""
    number = {key: int(text) for key, text in groups.items() if text and text.isdecimal()}
    year = number.get("year", 2000 + number.get("short_year", -30))
    month = MONTHS.get((groups.get("name") or "")[:3].lower()) or number.get("month", 1)
    hour = number.get("hour", 0)
    if half := groups.get("half"):
        if not 1 <= number["hour12"] <= 12:
            return
        hour = number["hour12"] % 12 + (12 if half.lower() == "pm" else 0)
    try:
        time = datetime(
            year,
            month,
            number.get("day", 1),
            hour,
            number.get("minute", 0),
            number.get("second", 0),
        )
    except ValueError:
        return
    yield pattern, time


def _parse_iso(value: str) -> datetime | None:
    found = ISO.fullmatch(value)
    return next((time for _, time in _time("", found.groupdict())), None) if found else None


def _rank(pattern: str) -> int:
    dates = [date for date, _ in DATES]
    return next((dates.index(date) for date in dates if pattern.startswith(date)), len(dates))


def _swapped(pattern: str) -> str:
    """Return the pattern with day and month the other way round, or ""."""
    pairs = {**DAY_FIRST, **{month: day for day, month in DAY_FIRST.items()}}
    # the longer ones first: one may begin another
    for one in sorted(pairs, key=len, reverse=True):
        if pattern.startswith(one):
            return pairs[one] + pattern.removeprefix(one)
    return ""
