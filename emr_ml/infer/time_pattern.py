"""The pattern of a column of dates or times."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import NamedTuple

from emr_ml.contract.columns import FIRST_YEAR
from emr_ml.contract.time_pattern import WEEKDAY
from emr_ml.infer.time_tables import (
    COMPILED,
    CTIME,
    DATES,
    FRAME_TEXTS,
    FRAMES,
    GAP_TEXTS,
    GAPS,
    ISO,
    MONTHS,
    OFFSETS,
    OPTIONAL_SECONDS,
    SWAPPED,
    TEXTS,
    TIMES,
    WEEKDAY_BEFORE,
)
from emr_ml.infer.values import evenly_spaced, has_other_digits
from spark_jobs.contract import DatetimePart
from spark_jobs.month_names import ENGLISH, NAMES, ORDINAL, month_numbers, name_pattern
from spark_jobs.spelling import HALF_OF_DAY, lower_case

MIN_SHARE = 0.99  # of the values, for the pattern to be theirs
SAMPLED_VALUES = 5000  # by which patterns are found, to be tested on all
FIRST_VALUES = 50  # of these, some value must be readable
MAX_LENGTH = 50  # of a date or time
YEARS = range(1583, 2300)  # those that a date is likely to be of
FUTURE = 10  # years from now; later ones of two digits are of the century before
HALF_OF_DAY_MARK = re.compile(HALF_OF_DAY, re.IGNORECASE)


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


class Shape(NamedTuple):
    """A pattern of Spark, and what the texts that it reads look like."""

    pattern: str
    expressions: tuple[re.Pattern[str], ...]

    def groups(self, text: str) -> Mapping[str, str | None] | None:
        """Return the texts of the numbers, or None if the pattern does not read the text."""
        for expression in self.expressions:
            if found := expression.fullmatch(text):
                return found.groupdict()
        return None

    def knows(self, text: str) -> bool:
        """Return whether the text is a time of this pattern."""
        groups = self.groups(text)
        return groups is not None and _time(groups, FIRST_YEAR) is not None


def guess_time_pattern(
    values: Sequence[str], *, day_first: bool, is_past: bool = False
) -> TimePattern | None:
    """Return the pattern of these values, or None if they are no dates or times.

    Args:
        values: distinct ones of a column.
        day_first: whether the day is before the month where both are possible.
        is_past: whether none is in the future, such as days of birth.
    """
    if any(len(value) > MAX_LENGTH or has_other_digits(value) for value in values):
        return None
    sample = evenly_spaced(values, SAMPLED_VALUES)
    if _is_most(map(_parse_iso, sample), len(sample)):
        return _described(TimePattern(None, ()), values, [*map(_parse_iso, values)])
    for language in (None, *_languages(sample[:FIRST_VALUES])):
        shapes = _shapes(_all_readings(sample, language), day_first=day_first)
        texts = [_normalized(value, language) for value in values] if shapes else []
        known = [sum(map(shape.knows, texts)) for shape in shapes]
        if not known:
            continue
        shape = shapes[known.index(max(known))]
        found = _described_shape(shape, values, texts, language, is_past=is_past)
        return found and replace(found, is_ambiguous=len(known) > 1 and len(set(known)) == 1)
    return None


def _is_most(times: Iterable[object], count: int) -> bool:
    return sum(time is not None for time in times) >= MIN_SHARE * count


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


def _normalized(value: str, language: str | None) -> str:
    return HALF_OF_DAY_MARK.sub(r" \1m", in_english(value, language) if language else value)


def _all_readings(values: Sequence[str], language: str | None) -> list[frozenset[Reading]]:
    """Return the readings of each value; none at all if the first values have none."""
    texts = [_normalized(value, language) for value in values]
    first = [frozenset(_readings(text)) for text in texts[:FIRST_VALUES]]
    if not any(first):
        return []
    return [*first, *(frozenset(_readings(text)) for text in texts[FIRST_VALUES:])]


def _shapes(readings: Sequence[frozenset[Reading]], *, day_first: bool) -> list[Shape]:
    """Return what describes enough of the readings.

    That are two if day and month may be the other way round, the likelier one first.
    """
    enough = MIN_SHARE * len(readings)
    dates = Counter((each.date, each.frame) for reading in readings for each in _dates(reading))
    order = {date: index for index, (date, _) in enumerate((*DATES, *CTIME))}
    # of equal counts, the first in the order of the tables
    ranked = sorted(dates, key=lambda each: (-dates[each], order.get(each[0], len(order))))
    if not ranked or dates[ranked[0]] < enough:
        return []
    date, frame = ranked[0]
    found = [date]
    swapped = SWAPPED.get(date, "")
    if swapped and dates[swapped, frame] == dates[date, frame]:
        found = sorted((date, swapped), key=lambda each: each.startswith("d") != day_first)
    counts = Counter(
        each._replace(date="")
        for reading in readings
        for each in reading
        if (each.date, each.frame) == (date, frame)
    )
    chosen = _rests(counts, enough)
    if chosen is None:
        return []
    rest, forms = chosen
    return [
        Shape(
            f"{frame[0]}{each}{rest}{frame[1]}",
            tuple(_expression(form._replace(date=each)) for form in forms),
        )
        for each in found
    ]


def _dates(reading: Iterable[Reading]) -> Iterable[Reading]:
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


def _expression(reading: Reading) -> re.Pattern[str]:
    """Return what the texts with that reading look like."""
    date, before = reading.date, ""
    if date not in TEXTS and (weekday := WEEKDAY.match(date)):
        date, before = date[weekday.end() :], WEEKDAY_BEFORE.pattern
    opening, closing = FRAME_TEXTS[reading.frame]
    parts = (TEXTS[date], re.escape(GAP_TEXTS[reading.gap]), TEXTS[reading.time])
    text = f"{before}{''.join(parts)}{TEXTS[reading.offset]}"
    return re.compile(f"{re.escape(opening)}{text}{re.escape(closing)}", re.IGNORECASE)


def _described_shape(
    shape: Shape,
    values: Sequence[str],
    texts: Sequence[str],
    language: str | None,
    *,
    is_past: bool,
) -> TimePattern | None:
    """Return the pattern with what the values show, or None if it is not that of most."""
    groups = [shape.groups(text) for text in texts]
    first_year = _first_year(groups, is_past=is_past)
    times = [_time(each, first_year) if each is not None else None for each in groups]
    if not _is_most(times, len(values)):
        return None
    guess = TimePattern(shape.pattern, (), language=language, first_year=first_year)
    return _described(guess, values, times)


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


def _readings(value: str) -> Iterator[Reading]:
    """Yield each reading of a value that is a time."""
    yield from _unframed(value)
    for before, opening, after, closing in FRAMES:
        if value.startswith(opening) and value.endswith(closing):
            for reading in _unframed(value[len(opening) : -len(closing)]):
                yield reading._replace(frame=(before, after))


def _unframed(value: str) -> Iterator[Reading]:
    for reading, groups in _matches(value):
        if _time(groups, FIRST_YEAR) is not None:
            yield reading


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
