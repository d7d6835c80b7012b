"""Columns of durations: `1:23:45`, `PT1H30M`, `2h 30m`."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from emr_ml.infer.number_format import MIN_SHARE, NumberStyle
from emr_ml.infer.time_pattern import guess_time_pattern

WORDS = {
    *("duration", "elapsed", "length", "runtime", "playtime", "laptime", "lap", "pace", "uptime"),
    *("downtime", "dauer", "laufzeit", "durée", "duree", "duración", "duracion", "duração"),
    *("duracao", "durata", "длительность", "продолжительность"),
}
# with one part alone, as in `45 min` or `P5D`, these are numbers with a unit, or codes
SEVERAL_PARTS = re.compile(r"[+-]?P.*T\d|.*\d ?[^\W\d_]\D*\d", re.IGNORECASE)
# not a score or a ratio, such as 30:28
LONG_CLOCK = re.compile(r".*(:.*:|:.*[.,]|day).*", re.IGNORECASE)
SHORT_CLOCK = re.compile(r"\d+:\d+")
MIDNIGHT = re.compile(r"24:00(:00)?")


@dataclass(frozen=True)
class DurationGuess:
    """How durations are written, and what is uncertain about it, or ""."""

    style: NumberStyle
    doubt: str = ""


def guess_duration(
    values: Sequence[str], decimal: str, name_words: Collection[str]
) -> DurationGuess | None:
    """Return how these values are written, or None if they may be no durations.

    What could be a time of day is one, unless the column's name tells otherwise.

    Args:
        values: distinct ones of a column, at least one.
        decimal: the decimal mark of plain numbers in the file.
        name_words: of the column's name, in lower case.
    """
    units = NumberStyle(decimal, duration="units")
    if _are_most(values, units) and any(map(SEVERAL_PARTS.match, values)):
        return DurationGuess(units)
    clock = NumberStyle(decimal, duration="m:ss")
    if not _are_most(values, clock):
        return None
    if WORDS.isdisjoint(name_words) and (
        _are_times_of_day(values) or not any(map(LONG_CLOCK.fullmatch, values))
    ):
        return None
    short = next(filter(SHORT_CLOCK.fullmatch, values), None)
    doubt = (
        f"; UNCERTAIN: '{short}' is read as minutes and seconds; if it is hours and minutes, set "
        "`duration: h:mm`"
    )
    return DurationGuess(clock, doubt if short else "")


def _are_most(values: Sequence[str], style: NumberStyle) -> bool:
    return sum(style.parse(value) is not None for value in values) >= MIN_SHARE * len(values)


def _are_times_of_day(values: Sequence[str]) -> bool:
    others = [value for value in values if not MIDNIGHT.fullmatch(value)]
    return not others or guess_time_pattern(others, day_first=True) is not None
