"""What a run of the assets leaves in Dagster and in the lake."""

from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlparse
from urllib.request import url2pathname

import dagster as dg
import pytest

from emr_ml.lake.current import read_current
from emr_ml.launchers.local import LocalLauncher
from emr_ml_tests.graph import CHAMPION, SCORING, TRAINING, Graph, failure, metadata, reused
from spark_jobs.runtime.lake import open_lake

pytestmark = pytest.mark.usefixtures("spark")

DATA = ("raw_csv_s3", "processed_dataset")


class Trained:
    """A graph whose first run has succeeded, shared by all tests of this module."""

    def __init__(self, folder: Path) -> None:
        self.graph = Graph(folder).with_toy_data()
        files = (str(self.graph.settings.source), self.graph.settings.dataset)
        self._texts = {Path(file): Path(file).read_text() for file in files}
        self.first = self.graph.materialize()
        assert self.first.success

    def restore(self) -> Graph:
        """Return the graph with its first source, contract and current versions."""
        for file, text in self._texts.items():
            file.write_text(text)
        assert all(reused(self.graph.materialize()).values())
        return self.graph


@pytest.fixture(scope="module", name="trained")
def fixture_trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    return Trained(tmp_path_factory.mktemp("trained"))


@pytest.fixture(name="graph")
def fixture_graph(trained: Trained) -> Graph:
    return trained.restore()


@pytest.fixture(name="empty")
def fixture_empty(tmp_path: Path) -> Graph:
    """A graph that was never run."""
    return Graph(tmp_path).with_toy_data()


def append(graph: Graph, *rows: str) -> None:
    with Path(str(graph.settings.source)).open("a") as source:
        source.writelines(f"{row}\n" for row in rows)


def test_a_first_run_commits_everything_and_the_same_again_reuses_everything(
    trained: Trained, graph: Graph
) -> None:
    assert reused(trained.first) == dict.fromkeys(
        ("raw_csv_s3", "processed_dataset", "lr_model", "metrics"), False
    )

    again = graph.materialize()

    assert again.success
    assert all(reused(again).values())
    assert metadata(again, "metrics")["accuracy"] == metadata(trained.first, "metrics")["accuracy"]


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


def test_a_run_is_tagged_with_its_pipeline_and_the_files_that_it_read(trained: Trained) -> None:
    run = trained.graph.instance.get_run_by_id(trained.first.run_id)

    assert run
    assert run.tags["emr_ml/pipeline"] == "training"
    assert run.tags["emr_ml/raw_csv_s3"] == metadata(trained.first, "raw_csv_s3")["version"]


def test_a_changed_parameter_recomputes_the_model_and_its_metrics_only(
    trained: Trained, graph: Graph
) -> None:
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
    assert current.version == metadata(trained.first, "lr_model")["version"]


@pytest.mark.parametrize(
    ("assets", "times"),
    [(("raw_csv_s3",), 0), (DATA, 2)],  # by the snapshot, and by the job
)
def test_new_data_lets_spark_start_if_a_job_of_the_run_reads_it(
    empty: Graph, monkeypatch: pytest.MonkeyPatch, assets: tuple[str, ...], times: int
) -> None:
    asked: list[list[str]] = []

    def prepare(_: LocalLauncher, uris: Iterable[str]) -> None:
        asked.append(list(uris))

    monkeypatch.setattr(LocalLauncher, "prepare", prepare)

    empty.materialize(assets)
    again = empty.materialize(assets)

    assert asked == [[str(empty.settings.source)]] * times
    assert all(reused(again).values())


def test_force_computes_a_new_attempt_of_the_same_version(empty: Graph) -> None:
    before = metadata(empty.materialize(DATA), "processed_dataset")

    forced = empty.materialize(DATA, {"processed_dataset": {"force": True}})

    after = metadata(forced, "processed_dataset")
    assert (after["version"], after["attempt"]) == (before["version"], 2)
    assert empty.report("processed_dataset", after["version"]).path.endswith("attempts/2")


def test_an_asset_alone_takes_the_current_version_of_its_input(graph: Graph) -> None:
    current = metadata(graph.materialize(["lr_model"]), "lr_model")["version"]

    alone = graph.materialize(["metrics"], {"metrics": {"force": True}})

    assert alone.success
    report = graph.report("metrics", metadata(alone, "metrics")["version"])
    assert report.inputs["lr_model"] == current


def test_metrics_take_the_data_set_that_the_model_was_made_of(
    trained: Trained, graph: Graph
) -> None:
    trained_on = metadata(trained.first, "processed_dataset")["version"]
    append(graph, "1.5,green,no")
    newer = graph.materialize(DATA)
    assert metadata(newer, "processed_dataset")["version"] != trained_on

    again = graph.materialize(["metrics"])

    report = graph.report("metrics", metadata(again, "metrics")["version"])
    assert report.inputs["processed_dataset"] == trained_on


def test_without_an_input_the_failure_says_what_to_materialize(empty: Graph) -> None:
    result = empty.materialize(["lr_model"])

    assert not result.success
    assert "processed_dataset was never materialized" in failure(result, "lr_model")


@pytest.mark.timeout(60)
def test_a_failure_ends_a_run_that_has_nothing_to_score(
    empty: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAVA_HOME", "/nowhere")
    monkeypatch.setattr("emr_ml.launchers.local_session.has_jvm", lambda: False)

    result = empty.materialize([*TRAINING, *CHAMPION, *SCORING])

    assert "Spark needs Java" in failure(result, "processed_dataset")
    assert [event.step_key for event in result.get_step_skipped_events()] == ["predictions"]


def test_a_refused_version_does_not_become_current_until_a_wider_threshold_accepts_it(
    empty: Graph,
) -> None:
    append(empty, *["tall,red,no"] * 30)

    result = empty.materialize(TRAINING)

    assert not result.success
    assert "lr_model" not in reused(result)
    first, *_, last = failure(result, "processed_dataset").splitlines()
    assert first.startswith(
        "processed_dataset is refused by its check rejected_share: 20.0% of 150 rows"
    )
    assert last.startswith("Correct that and materialize processed_dataset again")
    rejected = metadata(result, "processed_dataset")
    assert (rejected["rows_in"], rejected["rows_kept"], rejected["rows_rejected"]) == (150, 120, 30)
    later = empty.materialize(["lr_model"])
    assert "refused by rejected_share (20.0% of 150 rows" in failure(later, "lr_model")

    contract = Path(empty.settings.dataset)
    contract.write_text(contract.read_text() + "checks: {max_rejected_share: 0.3}\n")
    accepted = empty.materialize(DATA)

    assert accepted.success
    assert reused(accepted)["processed_dataset"], "a threshold judges again, and computes nothing"


def test_files_that_moved_keep_their_version_and_are_read_where_they_are(empty: Graph) -> None:
    before = metadata(empty.materialize(DATA), "raw_csv_s3")["version"]
    moved = empty.folder / "elsewhere" / "toy.csv"
    moved.parent.mkdir()
    Path(str(empty.settings.source)).rename(moved)
    empty.settings = empty.settings.model_copy(update={"source": str(moved)})

    result = empty.materialize(DATA, {"processed_dataset": {"force": True}})

    assert result.success
    assert metadata(result, "raw_csv_s3")["version"] == before


def test_the_report_the_verdict_and_the_curves_come_first_in_the_metadata_of_the_metrics(
    trained: Trained,
) -> None:
    shown = metadata(trained.first, "metrics")

    names = ["report", "verdict", "curves", "curves_and_confusion", "accuracy"]
    assert list(shown)[: len(names)] == names
    assert "| accuracy |" in shown["verdict"]
    assert shown["curves_and_confusion"].startswith(
        "![curves_and_confusion](data:image/png;base64,iVBOR"
    )
    assert isinstance(shown["auc_roc"], float)
    page = Path(url2pathname(urlparse(shown["report"]).path)).read_text()
    assert "Where it is wrong" in page
    assert "kind: yes or not yes" in page


def test_a_version_that_a_tighter_threshold_refuses_is_no_longer_current(graph: Graph) -> None:
    append(graph, *["tall,red,no"] * 3)
    assert graph.materialize(DATA).success
    contract = Path(graph.settings.dataset)
    before = contract.read_text()
    contract.write_text(before + "checks: {max_rejected_share: 0.01}\n")
    assert not graph.materialize(["processed_dataset"]).success

    assert "refused by rejected_share" in failure(graph.materialize(["lr_model"]), "lr_model")

    contract.write_text(before)
    assert graph.materialize(["processed_dataset"]).success
    assert graph.materialize(["lr_model"]).success
