"""The figures of two versions side by side."""

from typing import Any

import pytest

from emr_ml.history.figures import ComparedFigure, compare_figures
from emr_ml_tests.checks.reports import a_report


def compared(first: dict[str, Any], second: dict[str, Any]) -> list[ComparedFigure]:
    return compare_figures(a_report(figures=first), a_report(figures=second))


@pytest.mark.parametrize(
    ("name", "first", "second", "verdict"),
    [
        ("accuracy", 0.8, 0.9, "better"),
        ("accuracy", 0.9, 0.8, "worse"),
        ("log_loss", 0.3, 0.4, "worse"),
        ("rmse", 3.0, 2.0, "better"),
        ("accuracy", 0.9, 0.9 + 1e-12, ""),
        ("test_rows", 90, 95, ""),
    ],
)
def test_more_is_better_or_worse_as_the_figure_wants_it(
    name: str, first: float, second: float, verdict: str
) -> None:
    (found,) = compared({name: first}, {name: second})

    assert found.verdict == verdict
    assert found.difference == pytest.approx(second - first, abs=1e-9)


def test_intervals_that_overlap_are_told() -> None:
    first = {"accuracy": 0.8, "f1": 0.7, "intervals": {"accuracy": [0.7, 0.9], "f1": [0.6, 0.7]}}
    second = {"accuracy": 0.9, "f1": 0.8, "intervals": {"accuracy": [0.8, 1.0], "f1": [0.75, 0.9]}}

    assert [each.overlaps for each in compared(first, second)] == [True, False]


def test_a_figure_that_only_one_has_and_a_text_have_no_difference() -> None:
    found = compared({"estimator": "auto"}, {"estimator": "forest", "features": 3})

    assert [(each.name, each.first, each.second, each.difference) for each in found] == [
        ("estimator", "auto", "forest", None),
        ("features", None, 3, None),
    ]


def test_the_scores_of_a_model_are_of_validation_and_are_judged_too() -> None:
    (found,) = compared({"candidates": [], "log_loss": 0.5}, {"candidates": [], "log_loss": 0.4})

    assert (found.name, found.verdict) == ("validation_log_loss", "better")
