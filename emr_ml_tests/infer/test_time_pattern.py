"""Patterns of dates and times."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from emr_ml.contract.time_pattern import pattern_problem
from emr_ml.infer.time_pattern import DATES, OFFSETS, TIMES, guess_time_pattern


def times(written: str, count: int = 60) -> list[str]:
    """The same moments, written by a format of Python."""
    rng = random.Random(5)
    start = datetime(2024, 1, 13, 14, 5, 9, tzinfo=UTC)
    made = [start + timedelta(minutes=rng.randrange(500_000)) for _ in range(count)]
    return [each.strftime(written) for each in (start, *made)]


@pytest.mark.parametrize(
    ("written", "pattern"),
    [
        ("%Y-%m-%d", None),
        ("%Y-%m-%d %H:%M:%S", None),
        ("%Y-%m-%dT%H:%M:%S.%f+02:00", None),
        ("%Y-%m-%dT%H:%MZ", "yyyy-M-d'T'H:mmXXX"),
        ("%Y-%m-%d %H:%M+02:00", "yyyy-M-d H:mmXXX"),
        ("%d/%m/%Y", "d/M/yyyy"),
        ("%m/%d/%Y", "M/d/yyyy"),
        ("%d.%m.%Y %H:%M", "d.M.yyyy H:mm"),
        ("%m/%d/%Y %I:%M %p", "M/d/yyyy h:mm a"),
        ("%d-%b-%y", "d-MMM-yy"),
        ("%d %b %Y", "d MMM yyyy"),
        ("%B %d, %Y", "MMMM d, yyyy"),
        ("%a, %d %b %Y %H:%M:%S +0000", "EEE, d MMM yyyy H:mm:ss XX"),
        ("%d/%b/%Y:%H:%M:%S +0000", "d/MMM/yyyy:H:mm:ss XX"),
        ("%Y%m%d", "yyyyMMdd"),
        ("%Y%m%d %H%M%S", "yyyyMMdd HHmmss"),
        ("%H:%M", "H:mm"),
    ],
)
def test_the_pattern_is_that_of_the_values(written: str, pattern: str | None) -> None:
    found = guess_time_pattern(times(written), day_first=False)

    assert found is not None
    assert found.pattern == pattern
    assert not found.is_ambiguous


@pytest.mark.parametrize(("day_first", "pattern"), [(True, "d/M/yyyy"), (False, "M/d/yyyy")])
def test_day_and_month_that_may_be_swapped_are_told(day_first: bool, pattern: str) -> None:
    found = guess_time_pattern(["01/02/2024", "03/04/2024"], day_first=day_first)

    assert found is not None
    assert (found.pattern, found.is_ambiguous) == (pattern, True)


@pytest.mark.parametrize(
    ("written", "parts"),
    [
        ("%d/%m/%Y", ("elapsed", "weekday", "month")),
        ("%d/%m/%Y %H:%M", ("elapsed", "hour", "weekday", "month")),
        ("%H:%M", ("hour",)),
    ],
)
def test_the_parts_are_those_that_differ(written: str, parts: tuple[str, ...]) -> None:
    found = guess_time_pattern(times(written), day_first=True)

    assert found is not None
    assert found.parts == parts


@pytest.mark.parametrize("value", ["2024", "31/02/2024", "12:61", "1.5", "red", "9999-99-99"])
def test_other_values_are_no_times(value: str) -> None:
    assert guess_time_pattern([value] * 3, day_first=True) is None


def test_spark_reads_every_pattern_that_is_guessed() -> None:
    patterns = [date for date, _ in DATES]
    patterns += [
        f"{date}'T'{time}{offset}"
        for date in patterns
        for time, _ in TIMES
        for offset, _ in OFFSETS
    ]
    assert [each for each in patterns if pattern_problem(each)] == []
