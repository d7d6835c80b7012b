"""The metadata that Dagster's UI shows of a report."""

import sys
from typing import Any

import dagster as dg
import pytest

from emr_ml.launchers.base import Outcome
from emr_ml.ui.metadata import materialization_metadata
from emr_ml_tests.checks.reports import a_report
from emr_ml_tests.model_report.examples import binary
from spark_jobs.runtime.lake import Lake, open_lake

LAKE = open_lake("/no/lake")


def metadata(**changes: Any) -> dict[str, Any]:
    return materialization_metadata(Outcome(a_report(**changes), reused=False), LAKE)


def test_the_strongest_features_are_a_table_and_not_single_values() -> None:
    strongest = [{"feature": "a | b", "weight": 1.5}, {"feature": "c=d", "weight": -2.0}]
    figures = {
        "strongest": strongest,
        "explains_most": {"feature": "c", "share": 0.5},
        "features": 2,
    }

    shown = metadata(figures=figures)

    table = shown["strongest_features"]
    assert isinstance(table, dg.TableMetadataValue)
    assert [dict(record.data) for record in table.records] == strongest
    assert shown["features"] == 2
    assert shown.keys().isdisjoint(figures.keys() - {"features"})


def test_a_report_without_features_has_no_table_of_them() -> None:
    assert "strongest_features" not in metadata()


def test_a_version_of_parts_shows_their_number_and_the_newest() -> None:
    parts = [{"key": "processed_dataset/parts/a-1/v-1", "without": []}] * 2

    shown = metadata(parts=parts)

    assert shown["parts"] == 2
    assert shown["newest_part"] == dg.MetadataValue.path("lake/processed_dataset/parts/a-1/v-1")
    assert "files" not in shown


def test_figures_come_first_rounded_and_plumbing_last() -> None:
    shown = metadata(
        figures={"accuracy": 0.98947368421, "problem": "binary", "f1": None, "test_rows": 95},
        usage={"peak_memory": 3_000_000},
        seconds={"score": 1.23456789},
    )

    assert (shown["accuracy"], shown["seconds_score"]) == (0.9895, 1.235)
    assert shown["peak_memory_megabytes"] == 3
    assert next(iter(shown)) == "accuracy"
    assert list(shown)[-2:] == ["version", "lake_path"]
    assert shown.keys().isdisjoint({"problem", "f1", "peak_memory"})


def test_the_scores_of_a_model_are_said_to_be_of_validation() -> None:
    shown = metadata(figures={"candidates": [], "log_loss": 0.25, "iterations": 7})

    assert (shown["validation_log_loss"], shown["iterations"]) == (0.25, 7)
    assert "log_loss" not in shown


def test_charts_are_drawn_once_and_a_later_run_needs_no_matplotlib(
    folder_lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome = Outcome(a_report(asset="metrics", figures=binary()), reused=False)
    drawn = materialization_metadata(outcome, folder_lake)["curves_and_confusion"]
    monkeypatch.setitem(sys.modules, "emr_ml.model_report.charts", None)

    again = materialization_metadata(outcome, folder_lake)

    assert again["curves_and_confusion"] == drawn
    assert drawn.value.startswith("![curves_and_confusion](data:image/png;base64,iVBORw0")
