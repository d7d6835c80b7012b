"""What a run does with data that differs from the champion's."""

from collections.abc import Sequence
from pathlib import Path

import dagster as dg
import pytest

from emr_ml.lake.champion import Champion, promote
from emr_ml_tests.checks.reports import a_report
from emr_ml_tests.graph import Graph, metadata, toy_rows
from spark_jobs.runtime.lake import open_lake
from spark_jobs.runtime.report import commit

pytestmark = pytest.mark.usefixtures("spark")

DATA = ("raw_csv_s3", "processed_dataset")


@pytest.fixture(name="graph")
def fixture_graph(tmp_path: Path) -> Graph:
    """Return a graph whose champion, as far as the lake shows, was trained on the toy data."""
    graph = Graph(tmp_path).with_toy_data()
    first = graph.materialize(DATA)
    assert first.success
    assert not failed(first)
    inputs = {"processed_dataset": metadata(first, "processed_dataset")["version"]}
    lake = open_lake(graph.settings.lake)
    commit(lake, a_report(asset="lr_model", version="m", inputs=inputs))
    assert promote(lake, Champion("m", None, "", "first", ""), None)
    return graph


def write(graph: Graph, rows: Sequence[str]) -> None:
    Path(str(graph.settings.source)).write_text("\n".join(["height,colour,kind", *rows]) + "\n")


def failed(result: dg.ExecuteInProcessResult) -> dict[str, str | None]:
    return {
        str(check.check_name): check.description
        for check in result.get_asset_check_evaluations()
        if not check.passed
    }


def test_drifted_data_is_used_and_the_column_is_named(graph: Graph) -> None:
    write(graph, [row.replace("red", "green") for row in toy_rows()])

    result = graph.materialize(DATA)

    assert result.success
    assert list(failed(result)) == ["drift"]
    assert "'colour'" in str(failed(result)["drift"])


def test_a_column_in_another_unit_is_out_of_its_range(graph: Graph) -> None:
    cells = [row.split(",") for row in toy_rows()]
    write(graph, [f"{float(height) * 100},{colour},{kind}" for height, colour, kind in cells])

    found = failed(graph.materialize(DATA))

    assert set(found) == {"column_range", "drift"}
    assert "'height' ranges from 0 to 3911.9, was 0 to 39.119" in str(found["column_range"])


def test_a_missing_class_stops_the_run(graph: Graph) -> None:
    write(graph, [row for row in toy_rows() if not row.endswith("yes")])

    result = graph.materialize([*DATA, "lr_model"])

    assert not result.success
    assert "rows have only '(all others)'" in str(failed(result)["label_classes"])
    assert dg.AssetKey("lr_model") not in {
        event.asset_key for event in result.get_asset_materialization_events()
    }


def test_a_source_that_lost_most_of_its_rows_is_reported_once(graph: Graph) -> None:
    write(graph, toy_rows()[:50])

    assert "shrunk" in failed(graph.materialize(DATA))
    assert "shrunk" not in failed(graph.materialize(DATA))
