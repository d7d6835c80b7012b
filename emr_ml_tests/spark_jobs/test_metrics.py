"""What is scored, written and said of the test side; and that every job explains itself."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics

from emr_ml.contract import Contract
from emr_ml_tests.spark_jobs.bench import Bench, Done, Row
from spark_jobs.runtime.job import Input, JobError

CONTRACT = Contract.model_validate(
    {"columns": {"x": "numeric"}, "label": {"column": "y", "positive": "yes"}}
)
ROOT = Path(__file__).parents[2]
JOBS = ("processed_dataset", "lr_model", "metrics", "sales_by_seller")


def rows(side: str, count: int) -> list[Row]:
    """Rows whose label `x` tells in most cases, with many values of `x` shared."""
    chance = np.random.default_rng(len(side))
    label = chance.integers(0, 2, count)
    x = chance.normal(label, 1.0).round(1)
    return [
        {"side": side, "x": float(value), "y": "yes" if positive else "no"}
        for value, positive in zip(x, label, strict=True)
    ]


@pytest.fixture(scope="module")
def dataset(bench: Bench) -> Input:
    return bench.dataset(
        [*rows("train", 200), *rows("validation", 50), *rows("test", 150)], CONTRACT
    )


@pytest.fixture(scope="module")
def model(bench: Bench, dataset: Input) -> Done:
    return bench.train(dataset, CONTRACT)


@pytest.fixture(scope="module")
def measured(bench: Bench, dataset: Input, model: Done) -> Done:
    return bench.measure(dataset, model, CONTRACT)


def test_scored_rows_have_id_label_and_probability_alone(measured: Done) -> None:
    assert {tuple(row) for row in measured.rows("scored")} == {("row_id", "label", "probability")}


def test_every_row_of_the_test_side_is_scored_once(
    bench: Bench, dataset: Input, measured: Done
) -> None:
    kept = bench.spark.read.parquet(f"{dataset.path}/kept").select("row_id").collect()
    # the default split puts the ids of the test side at 80 of 100
    expected = [row["row_id"] for row in kept if row["row_id"].startswith(f"{80:08x}")]

    assert sorted(row["row_id"] for row in measured.rows("scored")) == sorted(expected)


def test_figures_are_scikit_learns_of_the_written_rows(measured: Done) -> None:
    scored = measured.rows("scored")
    label = np.array([row["label"] for row in scored])
    probability = np.array([row["probability"] for row in scored])
    hit = probability >= 0.5
    expected = {
        "accuracy": sklearn_metrics.accuracy_score(label, hit),
        "f1": sklearn_metrics.f1_score(label, hit),
        "precision": sklearn_metrics.precision_score(label, hit),
        "recall": sklearn_metrics.recall_score(label, hit),
        "auc_roc": sklearn_metrics.roc_auc_score(label, probability),
        "auc_pr": sklearn_metrics.average_precision_score(label, probability),
        "log_loss": sklearn_metrics.log_loss(label, probability),
        "brier": sklearn_metrics.brier_score_loss(label, probability),
    }

    found = {name: measured.result.figures[name] for name in expected}
    assert found == pytest.approx(expected, abs=1e-9)


def test_figures_of_a_regression_are_null(measured: Done) -> None:
    figures = measured.result.figures

    assert [figures[name] for name in ("rmse", "mae", "r2")] == [None, None, None]


def test_figures_are_json_values(measured: Done) -> None:
    assert json.loads(json.dumps(measured.result.figures)) == measured.result.figures


@pytest.mark.parametrize("labels", [(), ("yes",), ("no", "no")], ids=["empty", "one", "two rows"])
def test_a_test_side_without_both_classes_is_an_error(
    bench: Bench, model: Done, labels: tuple[str, ...]
) -> None:
    tested: list[Row] = [{"side": "test", "x": 1.0, "y": label} for label in labels]
    few = bench.dataset([*rows("train", 5), *tested], CONTRACT)

    with pytest.raises(JobError, match=f"{len(labels)} rows and {len(set(labels))} class of 'y'"):
        bench.measure(few, model, CONTRACT)


@pytest.mark.parametrize("job", JOBS)
def test_a_job_explains_its_argument_to_spark_submit(job: str) -> None:
    scripts = Path(sys.executable).parent

    said = subprocess.run(
        [scripts / "spark-submit", ROOT / "spark_jobs" / f"{job}.py", "--help"],
        capture_output=True,
        text=True,
        check=False,
        # it looks for the python that has pyspark in PATH
        env={**os.environ, "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}"},
    )

    assert said.returncode == 0, said.stderr
    assert "request.json of the claimed attempt" in " ".join(said.stdout.split())
