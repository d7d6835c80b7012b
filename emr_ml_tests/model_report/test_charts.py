"""Charts of the metrics: a sheet for Dagster, and SVG for the page."""

from typing import Any, cast
from xml.etree import ElementTree

import pytest

from emr_ml.model_report.charts import MARKS, as_sheet, as_svg, charts
from emr_ml_tests.model_report.examples import binary, multiclass, regression
from spark_jobs.evaluation.figures import MetricsFigures

PNG = b"\x89PNG"


@pytest.mark.parametrize(
    ("figures", "titles"),
    [
        (binary(), ["Precision and recall", "ROC", "Calibration", "By decision threshold"]),
        (binary(threshold=None), ["Precision and recall", "ROC", "Calibration"]),
        (multiclass("a", "b", "c"), []),
        (multiclass("$x$", "a name that is much too long", ""), []),
        (multiclass(*map(str, range(30))), []),
        (regression(), ["Mean label by prediction", "Errors"]),
        (regression(errors=[]), ["Mean label by prediction"]),
    ],
    ids=[
        *("two classes", "two classes of an earlier release", "few classes", "unusual names"),
        *("many classes", "numbers", "numbers without errors"),
    ],
)
def test_figures_are_drawn_as_one_picture_and_as_charts_of_the_page(
    figures: dict[str, Any], titles: list[str]
) -> None:
    given = cast("MetricsFigures", figures)

    assert as_sheet(given).startswith(PNG)
    assert list(charts(given)) == titles


def test_a_chart_of_the_page_has_only_colours_that_follow_its_theme() -> None:
    drawn = charts(cast("MetricsFigures", binary()), 0.3)

    for title, draw in drawn.items():
        svg = as_svg(title, draw)
        ElementTree.fromstring(svg)  # noqa: S314 - it is our own
        assert "var(--first)" in svg
        assert "var(--second)" in svg or title == "Calibration"
        assert not any(mark in svg for mark in vars(MARKS).values())


def test_a_chart_is_the_same_whenever_it_is_drawn() -> None:
    (title, draw), *_ = charts(cast("MetricsFigures", binary())).items()

    assert as_svg(title, draw) == as_svg(title, draw)
