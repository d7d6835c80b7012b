"""Patterns of dates and times."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from emr_ml.contract.columns import FIRST_YEAR
from emr_ml.contract.time_pattern import pattern_problem
from emr_ml.infer.time_pattern import guess_time_pattern
from emr_ml.infer.time_tables import CTIME, DATES, OFFSET, OFFSETS, OPTIONAL_SECONDS, TIMES


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
        ("%Y-%m-%dT%H:%MZ", f"yyyy-M-d'T'H:mm{OFFSET}"),
        ("%Y-%m-%d %H:%M+02:00", f"yyyy-M-d H:mm{OFFSET}"),
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
    patterns = [date for date, _ in (*DATES, *CTIME)]
    patterns += [f"d/M/yyyy[ {time}]" for time in OPTIONAL_SECONDS.values()]
    patterns += [
        f"{date}'T'{time}{offset}"
        for date in patterns
        for time, _ in TIMES
        for offset, _ in OFFSETS
    ]
    assert [each for each in patterns if pattern_problem(each)] == []


@pytest.mark.parametrize(
    ("values", "pattern", "language"),
    [
        (["5. März 2024", "12. Dezember 2023"], "d. MMM yyyy", "de"),
        (["12 de janeiro de 2024", "1 de maio de 2023"], "d 'de' MMM 'de' yyyy", "pt"),
        (["12-ene-24", "3-ago-23"], "d-MMM-yy", "es"),
        (["1er févr. 2024", "12 août 2023"], "d MMM yyyy", "fr"),
        (["12 gennaio 2024 13:05", "1 luglio 2023 8:00"], "d MMM yyyy H:mm", "it"),
        (["5 września 2024 r.", "6 maja 2023 r."], "d MMM yyyy 'r.'", "pl"),
        (["March 5th, 2024", "June 1st, 2023"], "MMM d, yyyy", "en"),
        (["5 Mar 2024", "6 Dec 2023"], "d MMM yyyy", None),
        (["31/1/2024", "1/2/2024 13:05"], "d/M/yyyy[ H:mm]", None),
        (["31/1/2024 13:05", "1/2/2024 13:05:10"], "d/M/yyyy H:mm[:ss]", None),
        (["1/31/24", "1/30/24 1:05 p.m.", "2/1/24 1:05:09 AM"], "M/d/yy[ h:mm[:ss] a]", None),
        (["[05/Mar/2024:13:05:09 +0000]"], "'['d/MMM/yyyy:H:mm:ss XX']'", None),
        (["Mon Jan  5 13:05:09 2026"], "EEE MMM d H:mm:ss yyyy", None),
        (["lunes, 5 de enero de 2026"], "EEE, d 'de' MMM 'de' yyyy", "es"),
        (["Mo., 5. Jan. 2026", "Di., 6. Mai 2025"], "EEE, d. MMM yyyy", "de"),
        (["mar. 5 janv. 2027", "lun. 4 mars 2024"], "EEE d MMM yyyy", "fr"),
        (["Tuesday, July 02, 2024"], "EEE, MMMM d, yyyy", None),
        (["24-APR-24 02.18.00.000000 PM"], "d-MMM-yy h.mm.ss.SSSSSSSSS a", None),
        (["31/1/2024 13:05 GMT+1", "1/2/2024 9:05 GMT-10"], "d/M/yyyy H:mm O", None),
        (["31/1/2024 13:05 UTC+01:00", "1/2/2024 9:05 GMT-10:00"], "d/M/yyyy H:mm VV", None),
        (["08/27", "11/30"], "MM/yy", None),
        (["3 PM", "11 am"], "h a", None),
        (["2024-01-31 13:05:00.123+00", "2024-01-31 13:05:00+00"], None, None),
    ],
)
def test_times_are_known_as_other_languages_and_programs_write_them(
    values: list[str], pattern: str | None, language: str | None
) -> None:
    found = guess_time_pattern(values, day_first=False)

    assert found is not None
    assert (found.pattern, found.language, found.rejected) == (pattern, language, frozenset())


THIS_YEAR = datetime.now(UTC).year


@pytest.mark.parametrize(
    ("years", "is_past", "first_year"),
    [
        ([69, 99, 0, 20], False, FIRST_YEAR),
        ([(THIS_YEAR + 14) % 100, 99, 0, 20], False, THIS_YEAR - 99),
        ([(THIS_YEAR + 3) % 100, 99], False, FIRST_YEAR),
        ([(THIS_YEAR + 3) % 100, 99], True, THIS_YEAR - 99),
    ],
)
def test_years_of_two_digits_are_not_in_the_far_future(
    years: list[int], is_past: bool, first_year: int
) -> None:
    values = [f"31.12.{year:02}" for year in years]

    found = guess_time_pattern(values, day_first=True, is_past=is_past)

    assert found is not None
    assert found.first_year == first_year


def test_the_pattern_is_that_of_all_values_not_only_of_the_first_ones() -> None:
    january = [f"{day % 12 + 1:02}/{day % 9 + 1:02}/{1600 + day // 12}" for day in range(6000)]
    later = [f"{month:02}/{day}/2024" for month in range(1, 13) for day in range(13, 29)]
    dates = [*dict.fromkeys(january), *later]

    found = guess_time_pattern(dates, day_first=True)

    assert found is not None
    assert (found.pattern, found.is_ambiguous, found.rejected) == ("M/d/yyyy", False, frozenset())
    assert guess_time_pattern([*dates, *map(str, range(1000))], day_first=True) is None


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("", "no pattern of Spark"),
        ("d/M/yyyy]", "closes a bracket that is not open"),
        ("d#M#yyyy", "'#' between single quotes"),
        ("{d}/M/yyyy", "'{' between single quotes"),
        ("h:mm aa", "'aa', where Spark reads only a"),
        ("DDDD yyyy", "'DDDD'"),
        ("H:mm V", "reads only VV"),
        ("H:mm OO", "reads only O or OOOO"),
        ("d MMMMM yyyy", "'MMMMM'"),
        ("d/M/yyyyyyy", "'yyyyyyy'"),
        ("Y-w", "'Y' is no letter"),
        ("d 'of M", "a quote that is not closed"),
    ],
)
def test_a_pattern_that_spark_refuses_has_a_problem(pattern: str, problem: str) -> None:
    assert problem in str(pattern_problem(pattern))


@pytest.mark.parametrize("pattern", ["d/M/yyyy[ H:mm]", "d['#'] MMM yyyy", "H:mm OOOO", "H:mm VV"])
def test_other_patterns_have_none(pattern: str) -> None:
    assert pattern_problem(pattern) is None
