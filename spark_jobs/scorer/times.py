"""Read dates and times as Spark does, and the numbers that are learned from them."""

import math
import re
import zoneinfo
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np

from spark_jobs.scorer.values import BLANKS, Read, lower_case, present_text, replacer, shown

# what Spark casts to a timestamp: at least a year, or a time of today
TIME = r"(\d{1,2})(?::(\d{1,2})(?::(\d{1,2})(?:\.(\d*))?([^\d.].*)?)?)?"
DAY = rf"([+-]?\d{{4,6}})(?:-(\d{{1,2}})(?:-(\d{{1,2}})(?:[ T]{TIME})?)?)?"
MOMENT = re.compile(DAY, re.ASCII | re.DOTALL)
CLOCK = re.compile(rf"(?:T(?=.)|(?=\d+:)){TIME}", re.ASCII | re.DOTALL)
OFFSET = re.compile(r"([+-])(\d{1,2})(?::?(\d{2})(?::?(\d{2}))?)?", re.ASCII)
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
EPOCH = date(1970, 1, 1).toordinal()
CYCLE_YEARS, CYCLE_DAYS = 400, 146_097  # after which the calendar repeats
SECOND, DAY_MICROS = 1_000_000, 86_400_000_000
MAX_MICROS = 2**63


def time_reader(column: Mapping[str, Any]) -> Read:
    """Return what reads the values of a datetime column as the parts that the model uses."""
    name, missing, required = column["name"], column["missing"], column["required"]
    spec = column["time"]
    parse, parts_of = time_parser(spec), _parts_reader(spec["parts"])
    nothing = [math.nan] * len(spec["parts"])

    def read(value: Any, problems: list[str]) -> list[float]:
        if isinstance(value, np.datetime64):
            value = value.astype("datetime64[us]").item()
        if isinstance(value, date):
            return parts_of(_micros_of(value, spec["zone"]))
        text = present_text(value, missing)
        if text is None:
            if required:
                problems.append(f"{name} is missing")
            return nothing
        micros = parse(text)
        if micros is None:
            problems.append(f"{name} is not a date or time {spec['written']}: {shown(text)}")
            return nothing
        return parts_of(micros)

    return read


def _micros_of(moment: date, zone: str) -> int:
    if not isinstance(moment, datetime):
        return (moment.toordinal() - EPOCH) * DAY_MICROS
    if moment.tzinfo:
        moment = moment.astimezone(zoneinfo.ZoneInfo(zone))
    return (moment.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(0, 0, 1)


def _parts_reader(names: Sequence[str]) -> Callable[[int], list[float]]:
    """Return the function from microseconds since 1970 to the named parts of the time."""
    parts = [name.split(" ") for name in names]
    cycles = [*dict.fromkeys(part[0] for part in parts)]
    waves = [
        (cycles.index(cycle), getattr(math, more[0]), 2 * int(more[1]) * math.pi if more else 0.0)
        for cycle, *more in parts
        if more
    ]

    def read(micros: int) -> list[float]:
        places = [_place(cycle, micros) for cycle in cycles]
        elapsed = [micros / DAY_MICROS] if "elapsed" in cycles else []
        # in the order of the expressions in SQL, because a tree may split by the last digit
        angles = [angle * places[cycle][0] / places[cycle][1] for cycle, _, angle in waves]
        return elapsed + [wave(each) for (_, wave, _), each in zip(waves, angles, strict=True)]

    return read


def _place(cycle: str, micros: int) -> tuple[float, int]:
    """Return where in a day, week or year a time is, and how long that is."""
    days = micros // DAY_MICROS
    match cycle:
        case "hour":
            hours = math.fmod(micros / (3600 * SECOND), 24)
            return (math.fmod(hours + 24, 24) if hours < 0 else hours), 24
        case "weekday":
            return (days + 3) % 7, 7
        case "month":
            day = date.fromordinal((days + EPOCH - 1) % CYCLE_DAYS + 1)
            return day.timetuple().tm_yday - 1, 366
        case _:
            return 0.0, 1


def time_parser(spec: Mapping[str, Any]) -> Callable[[str], int | None]:
    """Return the function from a text to microseconds since 1970, None if it is no time."""
    parse = _pattern_parser(spec) if spec["pattern"] else _parse_moment
    zone = None if spec["zone"] == "UTC" else zoneinfo.ZoneInfo(spec["zone"])
    offset = re.compile(spec["offset"], re.ASCII)

    def read(text: str) -> int | None:
        try:
            micros = parse(text)
            if zone and offset.search(text):
                micros = _in_zone(micros, zone)
        except (ValueError, OverflowError, zoneinfo.ZoneInfoNotFoundError):
            return None
        return micros if -MAX_MICROS <= micros < MAX_MICROS else None

    return read


def _in_zone(micros: int, zone: zoneinfo.ZoneInfo) -> int:
    """Return what a clock in the zone shows, given microseconds in UTC."""
    # Python knows the years 1 to 9999, and the calendar repeats
    first, last = _micros(2, 1, 1, time()), _micros(9998, 1, 1, time())
    cycle = CYCLE_DAYS * DAY_MICROS
    shift = cycle * (-((micros - first) // cycle) if micros < first else 0)
    shift -= cycle * ((micros - last) // cycle + 1 if micros >= last else 0)
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros + shift)
    return _micros_of(moment.astimezone(zone).replace(tzinfo=None), "UTC") - shift


def _micros(year: int, month: int, day: int, clock: time) -> int:
    """Return microseconds since 1970; years may be any number.

    Raises:
        ValueError: there is no such day.
    """
    cycles, year = divmod(year, CYCLE_YEARS)
    days = date(year + CYCLE_YEARS, month, day).toordinal() - EPOCH
    seconds = (clock.hour * 60 + clock.minute) * 60 + clock.second
    return (days + (cycles - 1) * CYCLE_DAYS) * DAY_MICROS + seconds * SECOND + clock.microsecond


def _parse_moment(text: str) -> int:
    text = text.strip(BLANKS)
    if found := CLOCK.fullmatch(text):
        today = datetime.now(UTC)
        year, month, day, *clock = today.year, today.month, today.day, *found.groups()
    elif found := MOMENT.fullmatch(text):
        year, month, day, *clock = found.groups()
    else:
        raise ValueError(text)
    hour, minute, second, fraction, zone = clock
    micro = int((fraction or "")[:6].ljust(6, "0"))
    of_day = time(int(hour or 0), int(minute or 0), int(second or 0), micro)
    return _micros(int(year), int(month or 1), int(day or 1), of_day) - _offset(zone or "")


def _offset(zone: str) -> int:
    """Return the microseconds by which a zone is ahead of UTC."""
    name = zone.strip(BLANKS)
    if name in ("", "Z"):
        return 0
    for prefix in ("UTC", "GMT", "UT"):
        if name.startswith(prefix):
            name = name.removeprefix(prefix) or "+0"
            break
    found = OFFSET.fullmatch(name)
    if not found:
        raise ValueError(name)
    sign, hours, minutes, seconds = found[1], int(found[2]), int(found[3] or 0), int(found[4] or 0)
    if hours > 18 or minutes > 59 or seconds > 59:
        raise ValueError(name)
    total = (hours * 60 + minutes) * 60 + seconds
    return (-total if sign == "-" else total) * SECOND


def _pattern_parser(spec: Mapping[str, Any]) -> Callable[[str], int]:
    pattern, names = re.compile(spec["pattern"], re.IGNORECASE | re.ASCII), spec["fields"]
    replace = replacer(spec["replace"])
    month = re.compile(spec["month"], re.IGNORECASE) if spec["month"] else None
    ordinal = re.compile(spec["ordinal"], re.IGNORECASE) if spec["ordinal"] else None
    latest = spec["first_year"] + 100 if spec["first_year"] else math.inf

    def parse(text: str) -> int:
        text = replace(text)
        if month and ordinal:
            if found := month.search(text):
                number = spec["months"].get(lower_case(found[0].rstrip(".")), "")
                text = text.replace(found[0], number)
            text = ordinal.sub("", text)
        if spec["halves"]:
            text = re.sub(spec["halves"], r" \1m", text, flags=re.IGNORECASE)
        found = pattern.fullmatch(text)
        if not found:
            raise ValueError(text)
        fields = {name: each for name, each in zip(names, found.groups(), strict=True) if each}
        year, month_, day = _date_of(fields)
        micros = _micros(year, month_, day, _clock_of(fields)) - _offset(
            fields.get("zone", "").upper()
        )
        if year >= latest:
            micros -= _micros(year, month_, day, time()) - _century_before(year, month_, day)
        return micros

    return parse


def _century_before(year: int, month: int, day: int) -> int:
    is_leap_day = (month, day) == (2, 29) and year % 400 == 0  # 2000 is a leap year, 1900 is none
    return _micros(year - 100, month, 28 if is_leap_day else day, time())


def _date_of(fields: Mapping[str, str]) -> tuple[int, int, int]:
    year = int(fields.get("year", 1970))
    if "short_year" in fields:
        year = 2000 + int(fields["short_year"])
    if "day_of_year" in fields:
        number = int(fields["day_of_year"])
        found = date(year, 1, 1) + timedelta(number - 1)
        if not number >= 1 or found.year != year:
            raise ValueError(number)
        return year, found.month, found.day
    month = int(fields.get("month", 1))
    if "month_name" in fields:
        month = MONTHS.index(fields["month_name"][:3].lower()) + 1
    return year, month, int(fields.get("day", 1))


def _clock_of(fields: Mapping[str, str]) -> time:
    hour = int(fields.get("hour", 0))
    is_later = fields.get("half", "am").lower() == "pm"
    if "half" in fields and "hour" in fields and is_later != (hour >= 12):
        raise ValueError(hour)
    if "clock_hour" in fields:  # 1 to 24
        hour = _within(int(fields["clock_hour"]), 1, 24) % 24
    elif "clock_half" in fields:  # 1 to 12
        hour = _within(int(fields["clock_half"]), 1, 12) % 12 + 12 * is_later
    elif "hour_half" in fields:  # 0 to 11
        hour = _within(int(fields["hour_half"]), 0, 11) + 12 * is_later
    micro = int(fields.get("fraction", "")[:6].ljust(6, "0"))
    return time(hour, int(fields.get("minute", 0)), int(fields.get("second", 0)), micro)


def _within(number: int, least: int, most: int) -> int:
    if not least <= number <= most:
        raise ValueError(number)
    return number
