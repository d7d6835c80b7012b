"""Figures in words."""

import pytest

from emr_ml.model_report.wording import number, of_hundred, percent


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.98947, "0.9895"),
        (54.418, "54.42"),
        (12345.678, "12,346"),
        (9999.7, "10,000"),
        (999.96, "1,000"),
        (9.9996, "10.00"),
        (-0.25, "-0.2500"),
        (0.090581, "0.09058"),
        (5.2e-4, "0.00052"),
        (0.005, "0.0050"),
        (0.2 - 0.3, "-0.1000"),
        (3.0, "3"),
        (0, "0"),
        (5e-7, "5.000e-07"),
        (2.5e13, "2.500e+13"),
        (None, "n/a"),
    ],
)
def test_numbers_have_four_significant_digits(value: float | None, expected: str) -> None:
    assert number(value) == expected


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        *((0.63, "63 of 100"), (0.9963, "996 of 1,000"), (0.004, "4 of 1,000")),
        *((1.0, "all"), (0.0, "0 of 100")),
    ],
)
def test_shares_are_counts_of_rows(share: float, expected: str) -> None:
    assert of_hundred(share) == expected


def test_a_share_in_percent_is_short() -> None:
    assert [percent(share) for share in (0.5, 0.123, 1.0)] == ["50%", "12.3%", "100%"]
