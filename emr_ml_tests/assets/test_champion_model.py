"""`champion_model` and `champion_metrics`, after the assets that they depend on."""

from pathlib import Path

import dagster as dg
import numpy as np
import pyarrow.parquet as pq
import pytest

from emr_ml.lake.champion import promote_by_hand, read_champion
from emr_ml_tests.graph import TRAINING, Graph, failure, metadata
from spark_jobs.columns import ROW_ID
from spark_jobs.runtime.lake import open_lake

pytestmark = pytest.mark.usefixtures("spark")

CONTRACT = """\
columns:
  height: numeric
  width: numeric
  colour: categorical
label:
  column: kind
  positive: "yes"
model:  # one candidate, so that tests are fast
  estimator: logistic_regression
  regularization: [0.001]
"""
TRAINED = (*TRAINING, "champion_model")
RETRAINED = ("lr_model", "metrics", "champion_model")
# good enough for the checks; but few trees follow a straight line badly
WEAK = {"lr_model": {"estimator": "gradient_boosted_trees", "max_iterations": 5}}


def rows(seed: int, count: int) -> str:
    chance = np.random.default_rng(seed)
    made: list[str] = []
    for height, width in chance.normal(size=(count, 2)):
        red = chance.integers(2)
        likely = 1 / (1 + np.exp(0.5 - 2.5 * height - 2 * width - red))
        kind = "yes" if chance.random() < likely else "no"
        made.append(f"{height:.4f},{width:.4f},{('blue', 'red')[red]},{kind}\n")
    return "".join(made)


@pytest.fixture(name="graph")
def fixture_graph(tmp_path: Path) -> Graph:
    graph = Graph(tmp_path).with_toy_data(CONTRACT)
    Path(str(graph.settings.source)).write_text("height,width,colour,kind\n" + rows(1, 1000))
    return graph


def data_version(result: dg.ExecuteInProcessResult, asset: str) -> str:
    (event,) = (
        event
        for event in result.get_asset_materialization_events()
        if event.asset_key == dg.AssetKey(asset)
    )
    return (event.materialization.tags or {})["dagster/data_version"]


def test_a_better_model_replaces_a_weak_champion_and_is_evaluated_on_new_data(
    graph: Graph,
) -> None:
    first = graph.materialize(TRAINED, WEAK)
    assert first.success
    weak = metadata(first, "lr_model")["version"]
    assert metadata(first, "champion_model")["promoted"]
    assert data_version(first, "champion_model") == weak

    without_metrics = graph.materialize(["lr_model", "champion_model"])
    version = metadata(without_metrics, "lr_model")["version"]
    assert f"lr_model {version} has no metrics yet" in failure(without_metrics, "champion_model")

    second = graph.materialize(RETRAINED)
    better, shown = metadata(second, "lr_model")["version"], metadata(second, "champion_model")
    assert (shown["promoted"], shown["version"]) == (True, better)
    assert [*shown][:2] == ["promoted", "reason"]
    assert [*shown][-1] == "lake_path"
    assert shown["champion_before"] == weak
    assert shown["improvement"] > shown["interval_low"] > 0
    assert shown["challenger_loss"] == pytest.approx(metadata(second, "metrics")["log_loss"], 1e-3)

    with Path(str(graph.settings.source)).open("a") as source:
        source.write(rows(2, 300))
    fourth = graph.materialize(["raw_csv_s3", "processed_dataset", "champion_metrics"])
    report = graph.report("champion_metrics", metadata(fourth, "champion_metrics")["version"])
    newest = metadata(fourth, "processed_dataset")["version"]
    assert report.inputs == {"lr_model": better, "processed_dataset": newest}
    assert report.figures["test_rows"] > shown["test_rows"]


def test_a_champion_on_its_own_data_is_not_scored_again_unless_that_is_forced(graph: Graph) -> None:
    result = graph.materialize([*TRAINED, "champion_metrics"])
    forced = graph.materialize(["champion_metrics"], {"champion_metrics": {"force": True}})

    metrics = graph.report("metrics", metadata(result, "metrics")["version"])
    version = metadata(result, "champion_metrics")["version"]
    rows = pq.read_table(f"{metrics.path}/scored")
    assert metadata(forced, "champion_metrics")["version"] == version
    computed = graph.report("champion_metrics", version)
    losses = [metadata(result, name)["log_loss"] for name in ("metrics", "champion_metrics")]
    assert losses[0] == losses[1]
    copied_path = computed.path.replace("attempts/2", "attempts/1")
    assert [*Path(copied_path, "_job").glob("started.json")] == []
    assert [*Path(computed.path, "_job").glob("started.json")]
    for path in (copied_path, computed.path):
        assert pq.read_table(f"{path}/scored").sort_by(ROW_ID) == rows.sort_by(ROW_ID)
    assert computed.figures == metrics.figures


def test_without_a_champion_the_metrics_are_skipped(graph: Graph) -> None:
    result = graph.materialize(["champion_metrics"])

    assert result.success
    assert list(result.get_asset_materialization_events()) == []


def test_a_champion_that_is_gone_is_reported(graph: Graph) -> None:
    lake = open_lake(graph.settings.lake)
    promote_by_hand(lake, "a" * 32, "")
    assert read_champion(lake)

    said = failure(graph.materialize(["champion_metrics"]), "champion_metrics")

    assert said.startswith(f"lr_model {'a' * 32} is gone from")
