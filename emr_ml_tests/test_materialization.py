"""What a run of the assets writes to Dagster and to the lake."""

from pathlib import Path

import dagster as dg
import pytest

from emr_ml.assets.lr_model import lr_model
from emr_ml.assets.metrics import metrics
from emr_ml.assets.processed_dataset import processed_dataset
from emr_ml.assets.raw_csv_s3 import raw_csv_s3
from emr_ml.lake.current import read_current
from emr_ml_tests.graph import CHAMPION, SCORING, TRAINING, Graph, failure, metadata, reused
from spark_jobs.runtime.lake import open_lake


@pytest.fixture(name="graph")
def fixture_graph(tmp_path: Path) -> Graph:
    return Graph(tmp_path).with_toy_data()


def test_a_first_run_commits_everything_and_the_same_again_reuses_everything(graph: Graph) -> None:
    first = graph.materialize()
    assert first.success
    assert reused(first) == dict.fromkeys(
        ("raw_csv_s3", "processed_dataset", "lr_model", "metrics"), False
    )

    again = graph.materialize()

    assert again.success
    assert all(reused(again).values())
    assert metadata(again, "metrics")["accuracy"] == metadata(first, "metrics")["accuracy"]


def test_the_version_is_the_data_version_and_the_current_one(graph: Graph) -> None:
    result = graph.materialize()

    event = next(
        event
        for event in result.get_asset_materialization_events()
        if event.asset_key == dg.AssetKey("metrics")
    )
    version = metadata(result, "metrics")["version"]
    current = read_current(open_lake(graph.settings.lake), "metrics")
    assert (event.materialization.tags or {})["dagster/data_version"] == version
    assert current
    assert current.version == version
    assert current.run_id == result.run_id
    assert Path(current.path, "scored").is_dir()


def test_a_changed_parameter_recomputes_the_model_and_its_metrics_only(graph: Graph) -> None:
    before = metadata(graph.materialize(), "lr_model")["version"]

    changed = graph.materialize(config={"lr_model": {"regularization": [0.5]}})

    assert changed.success
    assert reused(changed) == {
        "raw_csv_s3": True,
        "processed_dataset": True,
        "lr_model": False,
        "metrics": False,
    }
    back = graph.materialize()
    assert all(reused(back).values())
    current = read_current(open_lake(graph.settings.lake), "lr_model")
    assert current
    assert current.version == before


def test_force_computes_a_new_attempt_of_the_same_version(graph: Graph) -> None:
    before = metadata(graph.materialize(), "processed_dataset")

    forced = graph.materialize(
        [raw_csv_s3, processed_dataset], {"processed_dataset": {"force": True}}
    )

    after = metadata(forced, "processed_dataset")
    assert (after["version"], after["attempt"]) == (before["version"], 2)
    assert graph.report("processed_dataset", after["version"]).path.endswith("attempts/2")


def test_an_asset_alone_takes_the_current_version_of_its_input(graph: Graph) -> None:
    graph.materialize()
    current = metadata(graph.materialize([lr_model]), "lr_model")["version"]

    alone = graph.materialize([metrics], {"metrics": {"force": True}})

    assert alone.success
    report = graph.report("metrics", metadata(alone, "metrics")["version"])
    assert report.inputs["lr_model"] == current


def test_metrics_use_the_data_set_that_the_model_was_trained_on(graph: Graph) -> None:
    first = graph.materialize()
    trained_on = metadata(first, "processed_dataset")["version"]
    with Path(str(graph.settings.source)).open("a") as source:
        source.write("1.5,green,no\n")
    newer = graph.materialize([raw_csv_s3, processed_dataset])
    assert metadata(newer, "processed_dataset")["version"] != trained_on

    again = graph.materialize([metrics])

    report = graph.report("metrics", metadata(again, "metrics")["version"])
    assert report.inputs["processed_dataset"] == trained_on


def test_a_missing_input_is_reported_with_what_to_materialize(graph: Graph) -> None:
    result = graph.materialize([lr_model])

    assert not result.success
    assert "processed_dataset was never materialized" in failure(result, "lr_model")


@pytest.mark.timeout(60)
def test_a_run_with_a_failure_and_nothing_to_score_ends(
    graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAVA_HOME", "/nowhere")

    result = graph.materialize([*TRAINING, *CHAMPION, *SCORING])

    assert "Spark needs Java" in failure(result, "processed_dataset")
    assert [event.step_key for event in result.get_step_skipped_events()] == ["predictions"]


def test_a_refused_version_does_not_become_current_and_is_named_downstream(graph: Graph) -> None:
    with Path(str(graph.settings.source)).open("a") as source:
        source.writelines("tall,red,no\n" for _ in range(30))

    result = graph.materialize(TRAINING)

    assert not result.success
    assert "lr_model" not in reused(result)
    rejected = metadata(result, "processed_dataset")
    assert (rejected["rows_in"], rejected["rows_kept"], rejected["rows_rejected"]) == (150, 120, 30)
    later = graph.materialize([lr_model])
    assert "refused by rejected_share (20.0% of 150 rows" in failure(later, "lr_model")


def test_a_changed_threshold_is_applied_without_computing_again(graph: Graph) -> None:
    with Path(str(graph.settings.source)).open("a") as source:
        source.writelines("tall,red,no\n" for _ in range(30))
    graph.materialize()
    contract = Path(graph.settings.dataset)
    contract.write_text(contract.read_text() + "checks: {max_rejected_share: 0.3}\n")

    result = graph.materialize()

    assert result.success
    assert reused(result)["processed_dataset"]


def test_moved_files_keep_their_version_and_are_read_at_the_new_path(graph: Graph) -> None:
    before = metadata(graph.materialize(), "raw_csv_s3")["version"]
    moved = graph.folder / "elsewhere" / "toy.csv"
    moved.parent.mkdir()
    Path(str(graph.settings.source)).rename(moved)
    graph.settings = graph.settings.model_copy(update={"source": str(moved)})

    result = graph.materialize(config={"processed_dataset": {"force": True}})

    assert result.success
    assert metadata(result, "raw_csv_s3")["version"] == before


def test_plots_and_figures_of_the_metrics_are_metadata(graph: Graph) -> None:
    shown = metadata(graph.materialize(), "metrics")

    assert isinstance(shown["auc_roc"], float)
    for picture in ("roc_curve", "precision_recall_curve", "calibration_curve", "confusion_matrix"):
        assert shown[picture].startswith(f"![{picture}](data:image/png;base64,iVBOR")


def test_a_version_that_a_tighter_threshold_refuses_is_no_longer_current(graph: Graph) -> None:
    with Path(str(graph.settings.source)).open("a") as source:
        source.writelines("tall,red,no\n" for _ in range(3))
    assert graph.materialize().success
    contract = Path(graph.settings.dataset)
    before = contract.read_text()
    contract.write_text(before + "checks: {max_rejected_share: 0.01}\n")
    assert not graph.materialize([processed_dataset]).success

    assert "refused by rejected_share" in failure(graph.materialize([lr_model]), "lr_model")

    contract.write_text(before)
    assert graph.materialize([processed_dataset]).success
    assert graph.materialize([lr_model]).success
