"""Plots of the metrics."""

import base64
from typing import Any, cast

import pytest

from emr_ml.ui.plots import draw
from spark_jobs.evaluation.figures import MetricsFigures

PNG = b"\x89PNG"
FIT = [{"bin": 0, "rows": 5, "predicted": 1.0, "label": 1.5}]
ERRORS = [{"from": -1.0, "rows": 3}, {"from": 0.0, "rows": 2}]


def multiclass(*labels: str) -> dict[str, Any]:
    rows = [[int(row == column) for column in range(len(labels))] for row in range(len(labels))]
    return {
        "problem": "multiclass",
        "accuracy": 1.0,
        "confusion": {"labels": list(labels), "rows": rows},
    }


def regression(r2: float | None, errors: list[dict[str, Any]]) -> dict[str, Any]:
    return {"problem": "regression", "r2": r2, "curves": {"fit": FIT, "errors": errors}}


@pytest.mark.parametrize(
    ("figures", "names"),
    [
        (multiclass("a", "b", "c"), ["confusion_matrix"]),
        (multiclass("$x$", "a name that is much too long", ""), ["confusion_matrix"]),
        (multiclass(*map(str, range(30))), ["confusion_matrix"]),
        (regression(0.5, ERRORS), ["prediction_curve", "error_histogram"]),
        (regression(None, []), ["prediction_curve"]),
    ],
    ids=["few classes", "unusual names", "many classes", "numbers", "numbers without errors"],
)
def test_figures_are_drawn_as_png_pictures(figures: dict[str, Any], names: list[str]) -> None:
    plots = draw(cast("MetricsFigures", figures))

    assert list(plots) == names
    assert all(base64.b64decode(png).startswith(PNG) for png in plots.values())
