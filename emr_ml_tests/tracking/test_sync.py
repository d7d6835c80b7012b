"""A real MLflow server is brought to what the lake says, whatever happens on the way."""

import hashlib
import json
import logging
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from emr_ml.lake.champion import promote_by_hand, roll_back
from emr_ml.tracking.content import STATE, VERSION, Links
from emr_ml.tracking.server import Server, TrackingError, connect
from emr_ml.tracking.sync import LEASE, SyncResult, Tracked, sync
from emr_ml_tests.tracking.mlflow_server import Fate, Way, answered, refused
from emr_ml_tests.tracking.models import choose, export, measure, train, version
from spark_jobs.runtime.job import JobError
from spark_jobs.runtime.lake import Lake, open_lake

if TYPE_CHECKING:
    from mlflow.entities import LoggedModel, Run

# MLflow warns of itself, when it loads a model
pytestmark = pytest.mark.filterwarnings("ignore::Warning:mlflow")
LOG = logging.getLogger("test")
SECONDS = 60.0


class Shown:
    """A pipeline with a lake and names of its own, and what the server shows of it."""

    def __init__(self, way: Way, lake: Lake, name: str) -> None:
        self.way, self.lake, self.name = way, lake, name
        self.pipeline = Tracked(lake, name, Links("http://dagster", ("shop",)), export)
        self.server = connect(way.address, SECONDS)

    def sync(self, **changes: Any) -> SyncResult:
        pipeline = Tracked(**{**vars(self.pipeline), **changes})
        return sync(pipeline, connect(self.way.address, SECONDS), LOG)

    def runs(self) -> "list[Run]":
        experiment = self.server.client.get_experiment_by_name(self.name)
        found = self.server.client.search_runs([experiment.experiment_id]) if experiment else []
        return sorted(found, key=lambda run: run.data.tags[VERSION])

    def run(self) -> "Run":
        (run,) = self.runs()
        return run

    def files(self, folder: str = "") -> set[str]:
        return {
            each.path for each in self.server.client.list_artifacts(self.run().info.run_id, folder)
        }

    def models(self) -> "list[LoggedModel]":
        experiment = self.server.client.get_experiment_by_name(self.name)
        assert experiment
        return [*self.server.client.search_logged_models([experiment.experiment_id])]

    def versions(self) -> list[str]:
        """The versions of `lr_model` that are registered, in order of their numbers."""
        found = self.server.client.search_model_versions(f"name='{self.name}'")
        return [each.tags[VERSION] for each in sorted(found, key=lambda each: int(each.version))]

    def champion(self) -> str:
        """The version of `lr_model` that the alias names."""
        return self.server.client.get_model_version_by_alias(self.name, "champion").tags[VERSION]


@pytest.fixture
def shown(way: Way, folder_lake: Lake, request: pytest.FixtureRequest) -> Shown:
    # tests of one function have names that differ only in characters that MLflow refuses
    own = hashlib.sha256(request.node.name.encode()).hexdigest()[:8]
    return Shown(way, folder_lake, f"{request.node.originalname}_{own}")


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
    shown.way.requests.clear()

    assert shown.sync() == SyncResult()

    reading = ("GET", "/api/2.0/mlflow/runs/search", "/api/2.0/mlflow/logged-models/search")
    assert [each for each in shown.way.requests if not {*each} & {*reading}] == []


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


def test_a_model_that_is_computed_again_replaces_the_logged_one(shown: Shown) -> None:
    train(shown.lake, 1)
    choose(shown.lake, 1)
    shown.sync()

    train(shown.lake, 1, attempt=2)
    shown.sync()

    assert shown.run().data.tags["emr_ml.attempt"] == "2"
    assert len(shown.models()) == 2
    latest = max(shown.models(), key=lambda each: each.creation_timestamp)
    alias = shown.server.client.get_model_version_by_alias(shown.name, "champion")
    assert alias.tags["emr_ml.model_id"] == latest.model_id


def test_the_model_loads_with_its_signature_and_scores_its_example(shown: Shown) -> None:
    import mlflow
    import pandas as pd

    train(shown.lake, 1)
    choose(shown.lake, 1)
    shown.sync()

    loaded = mlflow.pyfunc.load_model(f"models:/{shown.name}@champion")
    predicted = loaded.predict(loaded.input_example)
    others = loaded.predict(pd.DataFrame({"height": [1.9], "colour": [None], "remark": ["tall"]}))

    assert pd.DataFrame(loaded.input_example).to_dict("records") == [
        {"height": 1.75, "colour": "blue", "remark": None}
    ]
    assert predicted.to_dict("records")[0]["prediction"] == "no"
    assert others["prediction"].tolist() == ["yes"]
    assert loaded.metadata.signature.inputs.to_dict() == [
        {"type": "double", "name": "height", "required": True},
        {"type": "string", "name": "colour", "required": False},
        {"type": "string", "name": "remark", "required": False},
    ]
    with pytest.raises(mlflow.MlflowException, match="height"):
        loaded.predict(pd.DataFrame({"colour": ["red"]}))


def test_no_file_of_the_model_is_a_pickle(shown: Shown, tmp_path: Path) -> None:
    from mlflow.artifacts import download_artifacts

    train(shown.lake, 1)
    shown.sync()
    (model,) = shown.models()

    folder = Path(download_artifacts(f"models:/{model.model_id}", dst_path=str(tmp_path / "m")))

    endings = {each.suffix for each in folder.rglob("*") if each.is_file()}
    assert endings <= {"", ".json", ".py", ".txt", ".yaml"}


def test_the_alias_follows_promotions_and_rollbacks(shown: Shown) -> None:
    for number in (1, 2, 3):
        train(shown.lake, number)
    choose(shown.lake, 1)
    shown.sync()
    assert (shown.champion(), shown.versions()) == (version(1), [version(1)])

    choose(shown.lake, 2)
    assert shown.sync().written == ["version 2", "alias champion"]
    assert shown.champion() == version(2)

    roll_back(shown.lake, version(2), "too many false alarms")
    shown.sync()
    assert shown.champion() == version(1)

    promote_by_hand(shown.lake, version(2), "it was right")
    shown.sync()
    assert (shown.champion(), shown.versions()) == (version(2), [version(1), version(2)])


def test_champions_of_the_time_when_the_server_was_down_are_registered_in_their_order(
    shown: Shown,
) -> None:
    for number in (2, 1):
        train(shown.lake, number)
        choose(shown.lake, number)

    shown.sync()

    assert (shown.champion(), shown.versions()) == (version(1), [version(2), version(1)])


def test_the_alias_does_not_wait_for_the_runs_of_a_long_history(shown: Shown) -> None:
    for number in (1, 2):
        train(shown.lake, number)
    choose(shown.lake, 2)

    def export_champion(lake: Lake, of: str) -> dict[str, bytes]:
        if of != version(2):
            raise TrackingError("it took too long")
        return export(lake, of)

    with pytest.raises(TrackingError):
        shown.sync(export=export_champion)

    assert shown.champion() == version(2)


def test_what_somebody_changed_on_the_server_is_put_right(shown: Shown) -> None:
    for number in (1, 2):
        train(shown.lake, number)
        choose(shown.lake, number)
    shown.sync()

    shown.server.client.set_registered_model_alias(shown.name, "champion", "1")
    shown.sync()

    assert shown.champion() == version(2)


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


def test_a_champion_that_can_not_be_exported_has_no_alias(shown: Shown) -> None:
    for number in (1, 2):
        train(shown.lake, number)
    choose(shown.lake, 1)

    def export_first(lake: Lake, of: str) -> dict[str, bytes]:
        if of != version(1):
            raise JobError(f"{of} has a stage that can't be exported")
        return export(lake, of)

    shown.sync(export=export_first)
    assert shown.champion() == version(1)

    choose(shown.lake, 2)
    (problem,) = shown.sync().problems

    assert "champion" not in shown.server.client.get_registered_model(shown.name).aliases
    assert problem == f"the champion {version(2)} has no model there, so no alias"


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


CUTS = [
    ("POST", "runs/create"),
    ("POST", "logged-models"),
    ("PUT", "artifacts/MLmodel"),
    ("POST", "outputs"),
    ("POST", "log-batch"),
    ("POST", "runs/set-tag"),
    ("POST", "model-versions/create"),
    ("POST", "registered-models/alias"),
]


@pytest.mark.parametrize(("method", "path"), CUTS, ids=[path for _, path in CUTS])
def test_a_server_that_dies_at_any_moment_is_caught_up_with(
    shown: Shown, method: str, path: str
) -> None:
    """The request arrives, its answer is lost, and all that follow are refused."""
    train(shown.lake, 1)
    measure(shown.lake, 1)
    choose(shown.lake, 1)
    dead: list[str] = []

    def fate(asked: str, where: str) -> Fate:
        if dead:
            return "refused"
        if (asked, path in where) == (method, True):
            dead.append(where)
            return "answer lost"
        return "answered"

    shown.way.fate = fate
    with pytest.raises(TrackingError, match="catches up"):
        shown.sync()
    assert dead

    shown.way.fate = answered
    shown.sync()

    run = shown.run()
    assert (run.info.status, run.data.metrics["accuracy"]) == ("FINISHED", 0.9)
    assert json.loads(run.data.tags[STATE])
    assert run.outputs
    assert len(shown.models()) == len(run.outputs.model_outputs) == 1
    assert (shown.champion(), shown.versions()) == (version(1), [version(1)])
    assert shown.sync() == SyncResult()


def test_processes_at_the_same_time_create_each_run_once(shown: Shown) -> None:
    for number in (1, 2):
        train(shown.lake, number)
    choose(shown.lake, 2)
    threads = [threading.Thread(target=shown.sync) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [run.data.tags[VERSION] for run in shown.runs()] == [version(1), version(2)]
    assert len(shown.models()) == 2
    assert shown.versions() == [version(2)]


def test_of_runs_that_a_suspended_process_created_again_one_stays(shown: Shown) -> None:
    train(shown.lake, 1)
    shown.sync()
    first = shown.run()
    again = shown.server.client.create_run(first.info.experiment_id, tags={VERSION: version(1)})

    shown.sync()

    assert shown.run().info.run_id == min(first.info.run_id, again.info.run_id)
    assert shown.run().info.status == "FINISHED"


def test_a_process_whose_lease_was_taken_over_creates_nothing(shown: Shown) -> None:
    train(shown.lake, 1)

    def take_over(lake: Lake, of: str) -> dict[str, bytes]:
        stored = lake.read(LEASE)
        assert stored
        lake.write_json(LEASE, {**stored.json(), "nonce": "another"})
        return export(lake, of)

    train(shown.lake, 2)
    with pytest.raises(TrackingError, match="another process"):
        shown.sync(export=take_over)

    assert len(shown.runs()) == 1


def test_it_gives_up_when_its_time_is_over(shown: Shown) -> None:
    train(shown.lake, 1)
    server = Server(shown.server.client, shown.server.address, deadline=0.0)

    with pytest.raises(TrackingError, match="it took too long: the next `emr-ml mlflow sync`"):
        sync(shown.pipeline, server, LOG)


def test_a_password_is_sent_and_never_shown(shown: Shown, caplog: pytest.LogCaptureFixture) -> None:
    shown.way.fate = refused
    train(shown.lake, 1)
    place = shown.way.address.removeprefix("http://")

    with pytest.raises(TrackingError) as caught:
        sync(shown.pipeline, connect(f"http://ada:s%40fe@{place}", SECONDS), LOG)

    assert os.environ["MLFLOW_TRACKING_USERNAME"] == "ada"
    assert place in str(caught.value)
    assert "fe@" not in f"{caught.value}{caplog.text}"
