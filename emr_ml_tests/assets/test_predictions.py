"""Rows without a label, scored by the champion in a run of the assets."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from emr_ml.champions.compatibility import NoUsableChampionError, usable_champion
from emr_ml.contract import load_contract
from emr_ml.lake.champion import read_champion
from emr_ml_tests.graph import CHAMPION, SCORING, TRAINING, Graph, failure, metadata
from spark_jobs.runtime.lake import open_lake

pytestmark = pytest.mark.usefixtures("spark")

HEADER = "height,colour"


class Scoring:
    """A trained graph, and a folder with rows to score."""

    def __init__(self, folder: Path) -> None:
        self.graph = Graph(folder).with_toy_data()
        self.folder = folder / "new"
        self.folder.mkdir()
        self.graph.settings = self.graph.settings.model_copy(
            update={"scoring_source": str(self.folder)}
        )

    def put(self, name: str, *rows: str, header: str = HEADER) -> None:
        (self.folder / name).write_text("\n".join([header, *rows]) + "\n")


@pytest.fixture(scope="module", name="trained")
def fixture_trained(tmp_path_factory: pytest.TempPathFactory) -> Scoring:
    scoring = Scoring(tmp_path_factory.mktemp("scoring"))
    assert scoring.graph.materialize([*TRAINING, CHAMPION[0]]).success
    return scoring


def test_only_files_that_the_champion_has_not_scored_are_read(trained: Scoring) -> None:
    trained.put("1.csv", "1.0,red", "39.0,blue")
    first = trained.graph.materialize(SCORING)
    assert first.success
    assert metadata(first, "predictions")["rows_kept"] == 2
    trained.put("2.csv", "20.0,red")

    second = trained.graph.materialize(SCORING)

    found = metadata(second, "predictions")
    assert (found["files_read"], found["rows_kept"]) == (1, 3)
    report = trained.graph.report("predictions", found["version"])
    lake = open_lake(trained.graph.settings.lake)
    champion = read_champion(lake)
    assert champion
    rows = [
        row
        for part in report.parts
        for row in pq.read_table(lake.uri(f"{part['key']}/kept")).to_pylist()
    ]
    assert {row["model_version"] for row in rows} == {champion.version}
    assert {row["height"]: row["prediction"] for row in rows}.items() >= {
        (1.0, "not yes"),
        (39.0, "yes"),
    }


def test_a_header_without_a_column_of_the_contract_is_refused(trained: Scoring) -> None:
    trained.put("odd.csv", "red", header="colour")

    result = trained.graph.materialize(SCORING)

    (trained.folder / "odd.csv").unlink()
    assert not result.success
    assert "header_fits" in str(failure(result, "raw_scoring_csv_s3"))


def test_without_a_champion_nothing_is_scored_and_the_run_is_green(tmp_path: Path) -> None:
    scoring = Scoring(tmp_path)
    scoring.put("1.csv", "1.0,red")

    result = scoring.graph.materialize(SCORING)

    assert result.success
    made = [event.asset_key for event in result.get_asset_materialization_events()]
    assert [key.path[-1] for key in made if key] == ["raw_scoring_csv_s3"]


def test_without_a_source_to_score_nothing_is_done_and_the_run_is_green(tmp_path: Path) -> None:
    graph = Graph(tmp_path).with_toy_data()

    result = graph.materialize(SCORING)

    assert result.success
    assert not result.get_asset_materialization_events()


def test_a_champion_that_needs_another_column_is_not_usable(
    trained: Scoring, tmp_path: Path
) -> None:
    other = tmp_path / "other.yaml"
    other.write_text("columns: {colour: categorical}\nlabel: {column: kind, positive: 'yes'}\n")
    lake = open_lake(trained.graph.settings.lake)

    with pytest.raises(NoUsableChampionError, match="needs the numeric column 'height'"):
        usable_champion(lake, load_contract(str(other)))
