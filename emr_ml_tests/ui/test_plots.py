"""Pictures of what the metrics say."""

import base64
from typing import Any

import pytest

from emr_ml.ui.plots import draw

PNG = b"\x89PNG"
FIT = [{"bin": 0, "rows": 5, "predicted": 1.0, "label": 1.5}]


def several(*labels: str) -> dict[str, Any]:
    rows = [[int(row == column) for column in range(len(labels))] for row in range(len(labels))]
    return {
        "problem": "multiclass",
        "accuracy": 1.0,
        "confusion": {"labels": list(labels), "rows": rows},
    }


@pytest.mark.parametrize(
    "labels",
    [("a", "b", "c"), ("$x$", "a name that is much too long", ""), tuple(map(str, range(30)))],
    ids=["few", "odd names", "many"],
)
def test_several_classes_have_a_picture_of_their_confusion(labels: tuple[str, ...]) -> None:
    pictures = draw(several(*labels))

    assert list(pictures) == ["confusion_matrix"]
    assert base64.b64decode(pictures["confusion_matrix"]).startswith(PNG)


def test_a_number_has_pictures_of_its_prediction_and_its_errors() -> None:
    errors = [{"from": -1.0, "rows": 3}, {"from": 0.0, "rows": 2}]
    figures = {"problem": "regression", "r2": 0.5, "curves": {"fit": FIT, "errors": errors}}

    pictures = draw(figures)

    assert list(pictures) == ["prediction_curve", "error_histogram"]
    assert all(base64.b64decode(each).startswith(PNG) for each in pictures.values())


def test_numbers_without_errors_have_no_picture_of_them() -> None:
    figures = {"problem": "regression", "r2": None, "curves": {"fit": FIT, "errors": []}}

    assert list(draw(figures)) == ["prediction_curve"]
