"""Small curves that Dagster shows without a click."""

import base64
from typing import Any, cast
from xml.etree import ElementTree

import pytest

from emr_ml.model_report.glance import glance
from emr_ml_tests.model_report.examples import binary, multiclass, regression
from spark_jobs.evaluation.figures import MetricsFigures

ROOM = 999


def long_curves() -> dict[str, Any]:
    """Figures of two classes with as many points as there may be."""
    points = [
        {"false_positive_rate": i / 200, "recall": (i / 200) ** 0.2, "precision": 1 - i / 300}
        for i in range(201)
    ]
    bins = [{"bin": i, "rows": 9, "probability": i / 9, "positive": i / 9} for i in range(10)]
    return {**binary(), "curves": {"ranking": points, "calibration": bins}}


@pytest.mark.parametrize("figures", [binary(), long_curves(), regression(), regression(errors=[])])
def test_curves_are_a_picture_in_few_characters(figures: dict[str, Any]) -> None:
    text = glance(cast("MetricsFigures", figures), ROOM)

    assert text
    assert len(text) <= ROOM
    svg = base64.b64decode(text.partition("base64,")[2].removesuffix(")"))
    ElementTree.fromstring(svg)  # noqa: S314 - it is our own


def test_there_is_no_picture_without_curves_or_room() -> None:
    assert glance(cast("MetricsFigures", multiclass("a", "b")), ROOM) is None
    assert glance(cast("MetricsFigures", long_curves()), 300) is None
