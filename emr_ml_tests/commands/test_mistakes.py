"""The plain mistakes: each says what is wrong and what to do, with no trace in front of it."""

from pathlib import Path

import dagster as dg
import pytest

from emr_ml_tests.graph import Graph, failure

pytestmark = pytest.mark.usefixtures("spark")


@pytest.fixture(name="graph")
def fixture_graph(tmp_path: Path) -> Graph:
    return Graph(tmp_path).with_toy_data()


def failed_check(result: dg.ExecuteInProcessResult) -> str:
    return "; ".join(
        f"{check.check_name}: {check.description}"
        for check in result.get_asset_check_evaluations()
        if not check.passed
    )


def test_a_source_that_is_not_there_is_named(graph: Graph) -> None:
    Path(str(graph.settings.source)).unlink()

    result = graph.materialize()

    assert f"there is nothing at {graph.settings.source}" in failure(result, "raw_csv_s3")


def test_an_empty_file_fails_the_check_of_the_header(graph: Graph) -> None:
    Path(str(graph.settings.source)).write_text("")

    result = graph.materialize()

    assert not result.success
    assert failed_check(result) == "header_fits: toy.csv is empty"


def test_a_header_that_does_not_fit_names_what_is_missing_and_what_is_unknown(
    graph: Graph,
) -> None:
    source = Path(str(graph.settings.source))
    source.write_text(source.read_text().replace("height,colour", "hight,colour", 1))

    result = graph.materialize()

    assert not result.success
    assert "toy.csv lacks 'height'; it has 'hight'" in failed_check(result)


def test_a_label_of_one_class_is_named(graph: Graph) -> None:
    source = Path(str(graph.settings.source))
    source.write_text(source.read_text().replace(",yes", ",no"))

    result = graph.materialize()

    assert not result.success
    assert "label_classes: of the classes of 'kind', the rows have only" in failed_check(result)


def test_a_contract_with_a_mistake_is_named_with_line_and_column(graph: Graph) -> None:
    Path(graph.settings.dataset).write_text("columns:\n  height: numerical\n")

    said = failure(graph.materialize(), "raw_csv_s3")

    assert f"{graph.settings.dataset}:2:" in said
    assert "numeric" in said


def test_a_file_that_changed_after_its_snapshot_is_not_read(graph: Graph) -> None:
    first = graph.materialize(["raw_csv_s3", "processed_dataset"])
    assert first.success
    source = Path(str(graph.settings.source))
    source.write_text(source.read_text().replace("red", "ret", 1))

    result = graph.materialize(["processed_dataset"], {"processed_dataset": {"force": True}})

    assert f"{source} changed since the snapshot" in failure(result, "processed_dataset")


def test_run_config_out_of_bounds_is_named(graph: Graph) -> None:
    result = graph.materialize(config={"lr_model": {"featurizers": [{"max_ngram": 9}]}})

    said = failure(result, "lr_model")
    assert "featurizers.0.max_ngram: must be less than or equal to 5, but is 9" in said


def test_a_contract_without_a_label_can_not_train_a_model(graph: Graph) -> None:
    Path(graph.settings.dataset).write_text("columns: {height: numeric}\n")

    said = failure(graph.materialize(), "lr_model")

    assert said == "the contract names no label, so there is nothing to learn: add `label`"


def test_a_lake_that_can_not_be_written_is_named(graph: Graph) -> None:
    in_the_way = graph.folder / "lake"
    in_the_way.write_text("a file")

    assert str(in_the_way) in failure(graph.materialize(), "raw_csv_s3")
