"""`exported_model` and `emr-ml export`: the champion without Spark."""

import csv
import importlib
import io
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from fastapi.testclient import TestClient

from emr_ml.commands.export import export
from emr_ml.export.bundle import bundled_scorer
from emr_ml.project import ROOT
from emr_ml_tests.graph import (
    CHAMPION,
    SCORING,
    TOY_CONTRACT,
    TRAINING,
    Graph,
    metadata,
    reused,
)
from spark_jobs.runtime.lake import Lake, open_lake
from spark_jobs.scorer.scoring import Scorer

ASSETS = (*TRAINING, *CHAMPION, "exported_model", *SCORING)
NEW_ROWS = "height,colour\n7.5,red\n39.001,blue\n,red\n"
EXAMPLES = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "export.md").read_text(), re.DOTALL)
BROKEN_ROW = "tall,red\n"


@pytest.fixture(scope="module", name="graph")
def fixture_graph(
    spark: object,  # noqa: ARG001 - the jobs run on it
    tmp_path_factory: pytest.TempPathFactory,
) -> Graph:
    folder = tmp_path_factory.mktemp("exported")
    graph = Graph(folder).with_toy_data()
    (folder / "new.csv").write_text(NEW_ROWS)
    update = {"scoring_source": str(folder / "new.csv")}
    graph.settings = graph.settings.model_copy(update=update)
    assert graph.materialize(ASSETS).success
    return graph


@pytest.fixture(name="exported")
def fixture_exported(graph: Graph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EMR_ML_LAKE", graph.settings.lake)
    return exported_to(tmp_path / "model")


def exported_to(folder: Path, *arguments: str) -> Path:
    result = CliRunner().invoke(export, [*arguments, "--output", str(folder)])
    assert result.exit_code == 0, result.output
    return folder


def predictions_of_spark(graph: Graph) -> dict[float, tuple[str, float]]:
    """Prediction and probability by the height of the row."""
    (kept,) = Path(graph.settings.lake, "predictions").glob("parts/*/*/kept")
    rows = pq.read_table(kept).to_pylist()
    return {row["height"]: (row["prediction"], row["probability"]) for row in rows}


def test_it_is_reused_while_the_champion_is_the_same(graph: Graph) -> None:
    result = graph.materialize(["exported_model"])

    shown = metadata(result, "exported_model")
    assert reused(result) == {"exported_model": True}
    assert shown["files"] == 2
    assert {each.name for each in Path(shown["lake_path"]).iterdir()} == {"model.json", "scorer.py"}
    assert f"emr-ml export {shown['lr_model'][:8]}" in shown["how_to_score"]


def test_another_scorer_is_exported_anew(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    code = bundled_scorer() + "# another\n"
    for module in ("committed", "model_file"):
        monkeypatch.setattr(f"emr_ml.export.{module}.bundled_scorer", lambda: code)

    result = graph.materialize(["exported_model"])

    assert reused(result) == {"exported_model": False}
    written = Path(graph.settings.lake, "exported_model").glob("*/attempts/1/scorer.py")
    assert code in [each.read_text("utf-8") for each in written]


def test_without_a_champion_it_is_skipped(tmp_path: Path) -> None:
    result = Graph(tmp_path).with_toy_data().materialize(["exported_model"])

    assert result.success
    assert list(result.get_asset_materialization_events()) == []


def test_it_predicts_what_spark_predicts(graph: Graph, exported: Path) -> None:
    predicted = Scorer.load(exported).predict(io.StringIO(NEW_ROWS))

    for height, index in ((7.5, 0), (39.001, 1), (None, 2)):
        prediction, probability = predictions_of_spark(graph)[height]  # pyright: ignore[reportArgumentType] - one is missing
        assert predicted[index]["prediction"] == prediction
        assert predicted[index]["probability"] == pytest.approx(probability, abs=1e-9)


def test_predictions_tell_the_reasons_that_the_scorer_tells(graph: Graph, exported: Path) -> None:
    contract = Path(graph.settings.dataset)
    contract.write_text(f"{TOY_CONTRACT}predictions: {{reasons: 2}}\n")

    result = graph.materialize(["predictions"])

    contract.write_text(TOY_CONTRACT)
    (part,) = graph.report("predictions", metadata(result, "predictions")["version"]).parts
    table = pq.read_table(Path(graph.settings.lake, part["key"], "kept")).to_pylist()
    (row,) = [each for each in table if each["height"] == 7.5]
    told = Scorer.load(exported).explain({"height": 7.5, "colour": "red"}, 2)
    assert row["reasons"] == [{**each, "value": str(each["value"])} for each in told]
    (file,) = Path(graph.settings.lake, part["key"], "csv").glob("*.csv")
    lines = csv.DictReader(file.read_text().splitlines())
    (written,) = [each for each in lines if each["height"] == "7.5"]
    assert re.fullmatch(r"height=7.5 -[0-9.]+; colour=red -[0-9.]+", written["reasons"])


def test_python_with_numpy_alone_scores_a_file(exported: Path, tmp_path: Path) -> None:
    packages = tmp_path / "packages"
    packages.mkdir()
    installed = Path(np.__file__).parents[1]
    for name in ("numpy", "numpy.libs"):
        if (installed / name).exists():
            (packages / name).symlink_to(installed / name)
    (tmp_path / "new.csv").write_text(NEW_ROWS + BROKEN_ROW)
    script = exported / "scorer.py"
    program = (
        f"import runpy, sys; sys.path.append({str(packages)!r}); "
        f"sys.argv = ['scorer.py', {str(tmp_path / 'new.csv')!r}]; "
        f"runpy.run_path({str(script)!r}, run_name='__main__')"
    )

    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=False
    )

    assert done.stderr == ""
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [row["height"] for row in rows] == ["7.5", "39.001", "", "tall"]
    assert [row["prediction"] for row in rows] == ["not yes", "yes", "not yes", ""]
    assert [row["reason"] for row in rows][2:] == ["", "height is not a number: tall"]


def test_the_examples_of_the_documentation_run(
    exported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    predict, explain, service_code = EXAMPLES
    monkeypatch.syspath_prepend(exported)
    names: dict[str, Any] = {}

    exec(predict.replace("model-d331c29c", str(exported)) + explain, names)  # noqa: S102 - it is what users are told to run

    first, second = names["scorer"].predict([{"height": 1.8, "colour": "red"}, {"height": "tall"}])
    assert f"# {{'prediction': '{first['prediction']}'" in predict
    assert f"'reason': '{second['reason']}'" in predict
    (exported / "service.py").write_text(service_code)
    service: Any = importlib.import_module("service")
    client = TestClient(service.app)

    answer = client.post("/predict", json=[{"height": 39.001, "colour": "blue"}, {"height": "x"}])

    assert [row["prediction"] for row in answer.json()] == ["yes", None]
    for name in ("service", "scorer"):  # other tests import others of these names
        del sys.modules[name]


@pytest.mark.parametrize("prefix", ["", "shop/churn"])
def test_a_model_in_any_lake_is_exported(
    graph: Graph, lake: Lake, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = lake.below(prefix) if prefix else lake
    source = open_lake(graph.settings.lake)
    for name in ("lr_model/", "processed_dataset/", "champion_model/"):
        for entry in source.list(name):
            stored = source.read(entry.key)
            assert stored
            part.write(entry.key, stored.body)
    monkeypatch.setenv("EMR_ML_LAKE", lake.root)

    folder = exported_to(tmp_path / "model", *(["--pipeline", prefix] if prefix else []))

    assert Scorer.load(folder).predict({"height": 39, "colour": "blue"})["prediction"] == "yes"


def test_a_version_is_exported_by_its_first_digits(graph: Graph, exported: Path) -> None:
    version = json.loads((exported / "model.json").read_text())["version"]

    again = exported_to(exported.parent / "again", version[:8])

    assert (again / "model.json").read_text() == (exported / "model.json").read_text()
    assert version == metadata(graph.materialize(["exported_model"]), "exported_model")["lr_model"]


def test_what_can_not_be_exported_is_told(graph: Graph, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    lake.mkdir()
    run = CliRunner()

    empty = run.invoke(export, env={"EMR_ML_LAKE": str(lake)})
    shutil.copytree(Path(graph.settings.lake) / "lr_model", lake / "lr_model")
    (version,) = (each.name for each in (lake / "lr_model").iterdir() if each.is_dir())
    alone = run.invoke(export, [version], env={"EMR_ML_LAKE": str(lake)})

    assert "there is no model in" in empty.output
    assert "no longer has the data set that it was trained on" in alone.output
    assert alone.exit_code == 1
