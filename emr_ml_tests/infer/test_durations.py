"""Columns of durations, and what only looks like them."""

from pathlib import Path

import pytest

from emr_ml.infer.durations import guess_duration
from emr_ml.infer.number_format import NumberStyle
from emr_ml_tests.infer.samples import choices, floats, infer_columns


@pytest.mark.parametrize(
    ("name", "values", "written", "seconds"),
    [
        ("a", ["2h 30m", "45m"], "units", 9000.0),
        ("a", ["PT1H30M", "PT45S", "P1DT2H"], "units", 5400.0),
        ("a", ["1 day, 3 hours", "45 minutes"], "units", 97_200.0),
        ("a", ["26:10:05", "08:00:00"], "m:ss", 94_205.0),
        ("a", ["1:23.45", "1:24.02"], "m:ss", 83.45),
        ("a", ["1 days 02:03:04", "0 days 00:00:10"], "m:ss", 93_784.0),
        ("elapsed", ["1:23:45", "0:45:00"], "m:ss", 5025.0),
        ("dauer", ["3:15", "2:59", "1:02:00"], "m:ss", 195.0),
    ],
)
def test_durations_are_seconds(name: str, values: list[str], written: str, seconds: float) -> None:
    guess = guess_duration(values, ".", {name})

    assert guess is not None and guess.style == NumberStyle(".", duration=written)
    assert guess.style.parse(values[0]) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "values",
    [
        pytest.param(["08:15:00", "23:59:59"], id="times of day"),
        pytest.param(["8:15", "8:15:30"], id="times of day, some without seconds"),
        pytest.param(["08:15:00", "24:00:00"], id="midnight at the end of a day"),
        pytest.param(["30:28", "25:31"], id="scores"),
        pytest.param(["16:9", "4:3"], id="ratios"),
        pytest.param(["P1D", "P2D"], id="codes"),
        pytest.param(["45 min", "30 min"], id="numbers with a unit"),
        pytest.param(["P1M", "P3Y"], id="months and years"),
    ],
)
def test_other_values_are_none(values: list[str]) -> None:
    assert guess_duration(values, ".", {"a"}) is None


@pytest.mark.parametrize("written", ["h:mm", "m:ss"])
def test_hours_after_negative_days_are_not_read_as_before_them(written: str) -> None:
    style = NumberStyle(".", duration=written)
    assert style.parse("-1 day, 23:00:00") is None  # Python's minus one hour
    assert style.parse("-1 day 2:00:00") == style.parse("-26:00:00") == -93600.0


def test_a_month_of_iso_8601_is_no_minute() -> None:
    style = NumberStyle(".", duration="units")
    assert (style.parse("P1M"), style.parse("PT1M")) == (None, 60.0)


def test_two_parts_may_be_hours_and_minutes(tmp_path: Path) -> None:
    values = [f"{n % 90}:{n % 60:02}" for n in range(200)]

    inferred = infer_columns(tmp_path, "y", duration=values, b=floats(), y=choices(0, 1))

    assert "UNCERTAIN: '0:00' is read as minutes and seconds" in inferred.line("duration:")
    column_format = inferred.contract.columns["duration"].format
    assert getattr(column_format, "duration", None) == "m:ss"


def test_a_label_may_be_a_duration(tmp_path: Path) -> None:
    values = [f"{n // 60}h {n % 60}m" for n in range(200)]

    label = infer_columns(tmp_path, "y", a=floats(), y=values).contract.label

    assert label and label.problem == "regression"
    assert label.format and label.format.duration == "units"
