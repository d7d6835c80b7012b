"""What Dagster's UI shows of a report."""

import dagster as dg

from emr_ml.launchers.base import Outcome
from emr_ml.ui.metadata import materialization_metadata
from emr_ml_tests.checks.reports import a_report


def test_the_strongest_features_are_a_table_and_their_shares_no_metadata() -> None:
    strongest = [{"feature": "a | b", "weight": 1.5}, {"feature": "c=d", "weight": -2.0}]
    figures = {
        "strongest": strongest,
        "explains_most": {"feature": "c", "share": 0.5},
        "features": 2,
    }

    found = materialization_metadata(Outcome(a_report(figures=figures), reused=False, metadata={}))

    table = found["strongest_features"]
    assert isinstance(table, dg.TableMetadataValue)
    assert [dict(record.data) for record in table.records] == strongest
    assert found["features"] == 2
    assert found.keys().isdisjoint(figures.keys() - {"features"})


def test_a_report_without_features_has_no_table_of_them() -> None:
    assert "strongest_features" not in materialization_metadata(
        Outcome(a_report(), reused=False, metadata={})
    )


def test_what_is_made_of_parts_says_how_many_and_where_the_newest_is() -> None:
    parts = [{"key": "processed_dataset/parts/a-1/v-1", "without": []}] * 2

    found = materialization_metadata(Outcome(a_report(parts=parts), reused=False, metadata={}))

    assert found["parts"] == 2
    assert found["newest_part"] == dg.MetadataValue.path("lake/processed_dataset/parts/a-1/v-1")
    assert "files" not in found
