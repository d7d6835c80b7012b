"""The runs of a real MLflow server are brought to what the lake says."""

from pathlib import Path

import pytest

from emr_ml.tracking.content import STATE, VERSION
from emr_ml.tracking.server import TrackingError
from emr_ml.tracking.sync import SyncResult
from emr_ml_tests.tracking.models import choose, measure, train, version
from emr_ml_tests.tracking.shown import Shown
from spark_jobs.runtime.lake import open_lake


def test_a_model_becomes_one_run_with_all_that_the_lake_knows_of_it(shown: Shown) -> None:
    train(shown.lake, 1)
    measure(shown.lake, 1)

    assert shown.sync().written == ["run 10000000"]

    run = shown.run()
    assert (run.info.run_name, run.info.status) == ("logistic_regression 10000000", "FINISHED")
    assert run.data.params["chosen.regularization"] == "0.005"
    assert run.data.metrics["accuracy"] == 0.9
    assert run.data.tags["emr_ml.data_version"] == version(1)
    assert run.data.tags["emr_ml.dagster_run.metrics"] == "http://dagster/runs/run-of-metrics"
    assert shown.files() == {"contract.json", "lr_model.json", "metrics.json"}
    assert run.inputs and run.outputs
    (dataset,) = run.inputs.dataset_inputs
    assert (dataset.dataset.name, dataset.dataset.digest) == ("processed_dataset", version(1))
    (output,) = run.outputs.model_outputs
    assert [output.model_id] == [each.model_id for each in shown.models()]


def test_nothing_is_written_twice(shown: Shown) -> None:
    train(shown.lake, 1)
    measure(shown.lake, 1)
    choose(shown.lake, 1)
    shown.sync()
    shown.proxy.requests.clear()

    assert shown.sync() == SyncResult()

    reading = ("GET", "/api/2.0/mlflow/runs/search", "/api/2.0/mlflow/logged-models/search")
    assert [each for each in shown.proxy.requests if not {*each} & {*reading}] == []


def test_an_empty_lake_leaves_the_server_as_it_is(shown: Shown) -> None:
    assert shown.sync() == SyncResult()
    assert shown.server.client.get_experiment_by_name(shown.name) is None


def test_metrics_that_come_later_are_added_to_the_run(shown: Shown) -> None:
    train(shown.lake, 1)
    shown.sync()
    assert "accuracy" not in shown.run().data.metrics

    measure(shown.lake, 1)
    measure(shown.lake, 1, metrics=2, accuracy=0.8)
    shown.sync()

    assert shown.run().data.metrics["accuracy"] == 0.8
    assert shown.run().data.tags["emr_ml.metrics_version"] == version(2)
    assert len(shown.models()) == 1


def test_a_page_beside_the_metrics_is_an_artifact(shown: Shown) -> None:
    train(shown.lake, 1)
    measure(shown.lake, 1)
    shown.sync()

    shown.lake.write(f"metrics/{version(1)}/report.html", b"<p>good</p>")
    shown.sync()

    assert "metrics.html" in shown.files()


@pytest.mark.parametrize("tag", ["{", "[]", "{}", '{"format": "0"}'])
def test_a_run_whose_state_somebody_changed_is_written_again(shown: Shown, tag: str) -> None:
    train(shown.lake, 1)
    shown.sync()
    shown.server.client.set_tag(shown.run().info.run_id, STATE, tag)

    assert shown.sync().written == ["run 10000000"]
    assert shown.sync() == SyncResult()


def test_a_run_that_somebody_deleted_stays_deleted(shown: Shown) -> None:
    train(shown.lake, 1)
    shown.sync()
    shown.server.client.delete_run(shown.run().info.run_id)

    measure(shown.lake, 1)
    shown.sync()

    assert shown.runs() == []


def test_a_damaged_report_keeps_no_other_model_from_the_server(shown: Shown) -> None:
    train(shown.lake, 1)
    train(shown.lake, 2)
    shown.lake.write(f"lr_model/{version(1)}/report.json", b"{")

    result = shown.sync()

    assert [run.data.tags[VERSION] for run in shown.runs()] == [version(2)]
    assert [version(1) in problem for problem in result.problems] == [True]


def test_a_clean_up_of_the_lake_leaves_the_history_on_the_server(shown: Shown) -> None:
    train(shown.lake, 1)
    measure(shown.lake, 1)
    shown.sync()

    shown.lake.remove(f"lr_model/{version(1)}/report.json")

    assert shown.sync() == SyncResult()
    assert len(shown.runs()) == 1


def test_another_lake_can_not_take_over_the_name(shown: Shown, tmp_path: Path) -> None:
    train(shown.lake, 1)
    shown.sync()
    other = open_lake(str(tmp_path / "other"))
    train(other, 2)

    with pytest.raises(
        TrackingError, match=f"belongs to the lake {shown.lake.root}.*EMR_ML_MLFLOW_NAME"
    ):
        shown.sync(lake=other)
