"""An export as people have them, through the whole graph with the contract that is inferred."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from emr_ml.infer import infer_contract
from emr_ml_tests.graph import CHAMPION, SCORING, TRAINING, Graph, failure, metadata
from spark_jobs.runtime.lake import open_lake

pytestmark = pytest.mark.usefixtures("spark")

HEADER = "prediction;features;bought;row_id;seller;will come back\n"
START = datetime(2024, 1, 1, tzinfo=UTC)


def export(path: Path, rows: int = 600) -> None:
    """Orders: who buys in the morning, or for much, comes back."""
    rng = random.Random(3)
    lines = ["Orders of the year\n", "\n", HEADER]
    for number in range(rows):
        moment = START + timedelta(minutes=rng.randrange(500_000))
        price, seller = rng.randrange(100, 900_000) / 100, rng.choice(["Ann", "ANN", "Bob"])
        likely = (moment.hour < 12) + (price > 4500) - 1 + rng.gauss(0, 0.3)
        label = rng.choice(["Yes", "yes"] if likely > 0 else ["No", "NO"])
        amount = f"{price:,.2f}".translate(str.maketrans(",.", ".,"))
        written = moment.strftime("%d/%m/%Y %H:%M")
        lines.append(f"{amount} €;{rng.random():.3f};{written};{number % 7};{seller};{label}\n")
    path.write_text("".join([*lines, "Total;;;;;\n"]))


def test_nothing_of_it_is_edited_and_all_of_it_is_learned_from(tmp_path: Path) -> None:
    export(tmp_path / "orders.csv")
    text, _ = infer_contract(str(tmp_path / "orders.csv"))
    contract = f"{text}model:\n  regularization: [0.001]\n"
    (tmp_path / "orders.yaml").write_text(contract)
    graph = Graph(
        tmp_path,
        source=str(tmp_path / "orders.csv"),
        dataset=str(tmp_path / "orders.yaml"),
        scoring_source=str(tmp_path / "orders.csv"),
    )

    result = graph.materialize([*TRAINING, *CHAMPION, *SCORING])

    assert result.success, [
        failure(result, event.step_key or "")
        for event in result.filter_events(lambda event: event.is_step_failure)
    ]
    rows = metadata(result, "processed_dataset")
    assert (rows["rows_in"], rows["rows_kept"], rows["rows_rejected"]) == (600, 600, 0)
    assert metadata(result, "metrics")["auc_roc"] > 0.8
    strongest = str(metadata(result, "lr_model"))
    assert "bought: hour (sine)" in strongest
    report = graph.report("predictions", metadata(result, "predictions")["version"])
    (part,) = report.parts
    found = pq.read_table(open_lake(graph.settings.lake).uri(f"{part['key']}/kept"))
    assert {"prediction", "prediction_", "row_id", "row_id_", "probability"} <= {
        *found.column_names
    }
    assert {*found["prediction_"].to_pylist()} == {"yes", "no"}
    assert {*found["seller"].to_pylist()} == {"ann", "bob"}
