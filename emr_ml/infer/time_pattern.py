"""The pattern of a column of dates or times."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import NamedTuple

from emr_ml.contract.columns import FIRST_YEAR
from emr_ml.infer.time_tables import (
    COMPILED,
    CTIME,
    DATES,
    FRAMES,
    GAPS,
    ISO,
    MONTHS,
    OFFSETS,
    OPTIONAL_SECONDS,
    SWAPPED,
    TIMES,
    WEEKDAY_BEFORE,
)
from emr_ml.infer.values import has_other_digits
from spark_jobs.contract import DatetimePart
from spark_jobs.letter_case import lower_case
from spark_jobs.month_names import ENGLISH, NAMES, ORDINAL, month_numbers, name_pattern

MIN_SHARE = 0.99  # of the values, for the pattern to be theirs
MAX_VALUES = 5000  # that are looked at
FIRST_VALUES = 50  # of these, some value must be readable
MAX_LENGTH = 50  # of a date or time
YEARS = range(1583, 2300)  # those that a date is likely to be of
FUTURE = 10  # years from now; later ones of two digits are of the century before
# the half of the day as Spark reads it: ` pm` for `p.m.` or `PM`
HALF_OF_DAY = re.compile(
    "(?<=\\d)[ \u00a0\u202f]?([ap])\\.?[ \u00a0\u202f]?m\\.?(?![^\\W\\d_])", re.IGNORECASE
)


@dataclass(frozen=True)
class TimePattern:
    """How dates or times are written.

    Args:
        pattern: of Spark; None for ISO 8601.
        parts: that differ between the values, to be learned from.
        is_ambiguous: day and month could be the other way round.
        rejected: values that are not written so.
        language: of the names of months, if it is not English as Spark reads it.
        first_year: years of two digits are of the hundred years from it.
    """

    pattern: str | None
    parts: tuple[DatetimePart, ...]
    is_ambiguous: bool = False
    rejected: frozenset[str] = frozenset()
    language: str | None = None
    first_year: int = FIRST_YEAR


class Reading(NamedTuple):
    """A value as a date, a gap, a time and its offset, each as in Spark's patterns or "".

    `frame` is what stands around it.
    """

    date: str
    gap: str
    time: str
    offset: str
    frame: tuple[str, str] = ("", "")


Readings = Mapping[Reading, Mapping[str, str | None]]


def guess_time_pattern(
    values: Sequence[str], *, day_first: bool, is_past: bool = False
) -> TimePattern | None:
    """Return the pattern of these values, or None if they are no dates or times.

    Args:
        values: distinct ones of a column.
        day_first: whether the day is before the month where both are possible.
        is_past: whether none is in the future, such as days of birth.
    """
    values = values[:MAX_VALUES]
    if any(len(value) > MAX_LENGTH or has_other_digits(value) for value in values):
        return None
    enough = MIN_SHARE * len(values)
    times = [_parse_iso(value) for value in values]
    if sum(time is not None for time in times) >= enough:
        return _described(TimePattern(None, ()), values, times)
    for language in (None, *_languages(values[:FIRST_VALUES])):
        readings = _all_readings(values, language)
        if found := _best(values, readings, enough, day_first=day_first, is_past=is_past):
            return replace(found, language=language)
    return None


def _languages(values: Iterable[str]) -> list[str]:
    """Return the languages that know the most names of months in the values."""
    counts = {
        language: sum(bool(_name(language).search(value)) for value in values) for language in NAMES
    }
    most = max(counts.values())
    return [language for language, count in counts.items() if count == most] if most else []


def _name(language: str) -> re.Pattern[str]:
    return re.compile(name_pattern(language), re.IGNORECASE)


def in_english(value: str, language: str) -> str:
    """Return the value with the month's English abbreviation, and `1` for `1er`, as jobs do."""

    def english(found: re.Match[str]) -> str:
        number = month_numbers(language).get(lower_case(found[1]))
        return ENGLISH[number - 1] if number else ""

    return re.sub(ORDINAL, "", _name(language).sub(english, value), flags=re.IGNORECASE)


def _all_readings(values: Sequence[str], language: str | None) -> list[Readings]:
    """Return the readings of each value; none at all if the first values have none."""
    texts = [in_english(value, language) if language else value for value in values]
    first = [dict(_readings(text)) for text in texts[:FIRST_VALUES]]
    if not any(first):
        return []
    return [*first, *(dict(_readings(text)) for text in texts[FIRST_VALUES:])]


def _best(
    values: Sequence[str],
    readings: Sequence[Readings],
    enough: float,
    *,
    day_first: bool,
    is_past: bool,
) -> TimePattern | None:
    """Return what describes enough of the readings, or None."""
    dates = Counter((each.date, each.frame) for reading in readings for each in _dates(reading))
    order = {date: index for index, (date, _) in enumerate((*DATES, *CTIME))}
    # of equal counts, the first in the order of the tables
    ranked = sorted(dates, key=lambda each: (-dates[each], order.get(each[0], len(order))))
    if not ranked or dates[ranked[0]] < enough:
        return None
    date, frame = ranked[0]
    swapped = SWAPPED.get(date, "")
    is_ambiguous = bool(swapped) and dates[swapped, frame] == dates[date, frame]
    if is_ambiguous and date.startswith("d") != day_first:
        date = swapped
    of_date = [
        {
            each: groups
            for each, groups in reading.items()
            if (each.date, each.frame) == (date, frame)
        }
        for reading in readings
    ]
    chosen = _rests(Counter(each._replace(date="") for one in of_date for each in one), enough)
    if chosen is None:
        return None
    rest, forms = chosen
    pattern = f"{frame[0]}{date}{rest}{frame[1]}"
    groups = [
        next((found for each, found in one.items() if each._replace(date="") in forms), None)
        for one in of_date
    ]
    first_year = _first_year(groups, is_past=is_past)
    times = [_time(each, first_year) if each is not None else None for each in groups]
    guess = TimePattern(pattern, (), is_ambiguous, first_year=first_year)
    return _described(guess, values, times)


def _dates(reading: Readings) -> Iterable[Reading]:
    """Return a reading for each date and frame."""
    return {(each.date, each.frame): each for each in reading}.values()


def _rests(counts: Counter[Reading], enough: float) -> tuple[str, frozenset[Reading]] | None:
    """Return what follows the date in a pattern, and the readings that it covers.

    Times may lack in some values, and seconds in others.
    """
    for first, count in counts.most_common():
        if count >= enough:
            return f"{first.gap}{first.time}{first.offset}", frozenset({first})
    without = next((each for each in counts if not each.time), None)
    timed = [each for each, _ in counts.most_common() if each.time]
    for first in timed:
        alike = {
            each.time: each
            for each in timed
            if (each.gap, each.offset) == (first.gap, first.offset)
        }
        for times in (frozenset({first.time}), *OPTIONAL_SECONDS):
            if first.time not in times or not times <= alike.keys():
                continue
            forms = {alike[time] for time in times} | ({without} if without else set())
            if sum(counts[each] for each in forms) < enough:
                continue
            time = OPTIONAL_SECONDS.get(times, first.time)
            rest = f"{first.gap}{time}{first.offset}"
            return (f"[{rest}]" if without else rest), frozenset(forms)
    return None


def _first_year(found: Iterable[Mapping[str, str | None] | None], *, is_past: bool) -> int:
    """Return the first of the hundred years that years of two digits are of.

    It is that of POSIX, unless a date would be in the far future.
    """
    now = datetime.now(UTC).year
    short = [int(year) for each in found if each and (year := each.get("short_year"))]
    latest = max((_full_year(year, FIRST_YEAR) for year in short), default=0)
    return FIRST_YEAR if latest <= now + (0 if is_past else FUTURE) else now - 99


def _full_year(short: int, first_year: int) -> int:
    return first_year + (short - first_year) % 100


def _described(
    guess: TimePattern, values: Sequence[str], times: Sequence[datetime | None]
) -> TimePattern | None:
    present = [time for time in times if time is not None]
    has_date = guess.pattern is None or "y" in guess.pattern
    if has_date and any(time.year not in YEARS for time in present):
        return None
    has_dates = has_date and len({time.date() for time in present}) > 1
    parts: list[DatetimePart] = []
    if has_dates:
        parts.append("elapsed")
    if len({(time.hour, time.minute) for time in present}) > 1:
        parts.append("hour")
    if has_dates:
        has_days = guess.pattern is None or "d" in guess.pattern
        parts.extend(("weekday", "month") if has_days else ("month",))
    rejected = {value for value, time in zip(values, times, strict=True) if time is None}
    return replace(guess, parts=tuple(parts) or ("elapsed",), rejected=frozenset(rejected))


def _readings(value: str) -> Iterator[tuple[Reading, Mapping[str, str | None]]]:
    """Yield each reading of a value that is a time, with the texts of its numbers."""
    text = HALF_OF_DAY.sub(r" \1m", value)
    for reading, groups in _unframed(text):
        yield reading, groups
    for before, opening, after, closing in FRAMES:
        if text.startswith(opening) and text.endswith(closing):
            for reading, groups in _unframed(text[len(opening) : -len(closing)]):
                yield reading._replace(frame=(before, after)), groups


def _unframed(value: str) -> Iterator[tuple[Reading, Mapping[str, str | None]]]:
    for reading, groups in _matches(value):
        if _time(groups, FIRST_YEAR) is not None:
            yield reading, groups


def _matches(value: str) -> Iterator[tuple[Reading, Mapping[str, str | None]]]:
    yield from _from_date("", value)
    if weekday := WEEKDAY_BEFORE.match(value):
        yield from _from_date(f"EEE{weekday['comma']} ", value[weekday.end() :])
    for pattern, text in COMPILED[CTIME]:
        if found := text.fullmatch(value):
            yield Reading(pattern, "", "", ""), found.groupdict()
    for time, offset, groups in _clock(value):
        if ":" in time or "a" in time:
            yield Reading("", "", time, offset), groups


def _from_date(weekday: str, value: str) -> Iterator[tuple[Reading, Mapping[str, str | None]]]:
    for date, date_text in COMPILED[DATES]:
        if found := date_text.match(value):
            for reading, groups in _after_date(f"{weekday}{date}", value[found.end() :]):
                yield reading, {**found.groupdict(), **groups}


def _after_date(date: str, rest: str) -> Iterator[tuple[Reading, Mapping[str, str | None]]]:
    if not rest:
        yield Reading(date, "", "", ""), {}
    for gap, gap_text in GAPS:
        if rest.startswith(gap_text):
            for time, offset, groups in _clock(rest.removeprefix(gap_text)):
                yield Reading(date, gap, time, offset), groups


def _clock(text: str) -> Iterator[tuple[str, str, Mapping[str, str | None]]]:
    for time, time_text in COMPILED[TIMES]:
        found = time_text.match(text)
        if found is None:
            continue
        rest = text[found.end() :]
        if not rest:
            yield time, "", found.groupdict()
        for offset, offset_text in COMPILED[OFFSETS]:
            if rest and offset_text.fullmatch(rest):
                yield time, offset, found.groupdict()


def _time(groups: Mapping[str, str | None], first_year: int) -> datetime | None:
    """Return the time of these texts, or None if there is no such time."""
    number = {key: int(text) for key, text in groups.items() if text and text.isdecimal()}
    year = number.get("year", 1970)
    if "short_year" in number:
        year = _full_year(number["short_year"], first_year)
    month = MONTHS.get((groups.get("name") or "")[:3].lower()) or number.get("month", 1)
    hour = number.get("hour", 0)
    if half := groups.get("half"):
        if not 1 <= number["hour12"] <= 12:
            return None
        hour = number["hour12"] % 12 + (12 if half.lower() == "pm" else 0)
    try:
        return datetime(
            year,
            month,
            number.get("day", 1),
            hour,
            number.get("minute", 0),
            number.get("second", 0),
        )
    except ValueError:
        return None


def _parse_iso(value: str) -> datetime | None:
    found = ISO.fullmatch(value)
    return _time(found.groupdict(), FIRST_YEAR) if found else None
