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
JOBS = (
    *("processed_dataset", "lr_model", "metrics", "champion_model", "champion_metrics"),
    "sales_by_seller",
)


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


@pytest.fixture(scope="module")
def sorted_out(bench: Bench) -> Done:
    """Scored rows of a label of several classes, one of which the training side never had."""
    contract = Contract.model_validate({"columns": {"x": "numeric"}, "label": {"column": "y"}})
    chance = np.random.default_rng(9)
    several: list[Row] = [
        {"side": side, "x": float(chance.normal(4 * place)), "y": "cab"[place]}
        for side, count in {"train": 60, "validation": 30, "test": 30}.items()
        for place in np.arange(count) % 3
    ]
    strange: list[Row] = [{"side": side, "x": 1.0, "y": "new"} for side in ("validation", "test")]
    dataset = bench.dataset([*several, *strange], contract)
    return bench.measure(dataset, bench.train(dataset, contract), contract)


def test_scored_rows_of_several_classes_tell_label_prediction_and_probabilities(
    sorted_out: Done,
) -> None:
    scored = sorted_out.rows("scored")

    assert {tuple(row) for row in scored} == {
        ("row_id", "label", "predicted", "probability", "label_probability")
    }
    assert {row["predicted"] for row in scored} == {"a", "b", "c"}
    right = [row for row in scored if row["label"] == row["predicted"]]
    assert len(right) > 20
    assert all(row["probability"] == row["label_probability"] for row in right)


def test_a_class_that_the_training_side_never_had_is_an_error_of_the_model(
    sorted_out: Done,
) -> None:
    (row,) = (row for row in sorted_out.rows("scored") if row["label"] == "new")

    assert row["label_probability"] == 0
    assert sorted_out.result.figures["confusion"]["labels"] == ["a", "b", "c", "new"]
    assert sorted_out.result.figures["test_rows"] == 31


def test_figures_of_several_classes_are_scikit_learns_of_the_written_rows(
    sorted_out: Done,
) -> None:
    scored = sorted_out.rows("scored")
    label = [row["label"] for row in scored]
    predicted = [row["predicted"] for row in scored]
    figures = sorted_out.result.figures

    assert figures["accuracy"] == pytest.approx(sklearn_metrics.accuracy_score(label, predicted))
    f1 = sklearn_metrics.f1_score(label, predicted, average="macro")
    assert figures["f1"] == pytest.approx(f1)


@pytest.fixture(scope="module")
def guessed(bench: Bench) -> Done:
    """Scored rows of a number, by a forest."""
    contract = Contract.model_validate(
        {"columns": {"x": "numeric"}, "label": {"column": "y", "kind": "numeric"}}
    )
    chance = np.random.default_rng(9)
    numbers: list[Row] = [
        {"side": side, "x": float(x), "y": float(1000 + 10 * x)}
        for side, count in {"train": 100, "validation": 30, "test": 30}.items()
        for x in chance.normal(size=count)
    ]
    dataset = bench.dataset(numbers, contract)
    model = bench.train(dataset, contract, estimator="random_forest", trees=10, max_depth=[1, 6])
    assert model.result.figures["max_depth"] == 6
    return bench.measure(dataset, model, contract)


def test_scored_rows_of_a_number_tell_label_and_prediction(guessed: Done) -> None:
    assert {tuple(row) for row in guessed.rows("scored")} == {("row_id", "label", "predicted")}


def test_figures_of_a_number_are_scikit_learns_of_the_written_rows(guessed: Done) -> None:
    scored = guessed.rows("scored")
    label = [row["label"] for row in scored]
    predicted = [row["predicted"] for row in scored]
    figures = guessed.result.figures

    assert figures["r2"] > 0.8
    assert figures["r2"] == pytest.approx(sklearn_metrics.r2_score(label, predicted))
    assert figures["accuracy"] is None


def test_an_empty_test_side_is_an_error_whatever_the_problem(bench: Bench) -> None:
    contract = Contract.model_validate(
        {"columns": {"x": "numeric"}, "label": {"column": "y", "kind": "numeric"}}
    )
    seen: list[Row] = [
        {"side": side, "x": float(number), "y": float(number)}
        for side in ("train", "validation")
        for number in range(5)
    ]
    dataset = bench.dataset(seen, contract)

    with pytest.raises(JobError, match="the test side has no row"):
        bench.measure(dataset, bench.train(dataset, contract), contract)


@pytest.mark.parametrize("job", JOBS)
def test_a_job_explains_its_argument(job: str) -> None:
    assert "request.json of the claimed attempt" in help_of(sys.executable, job)


def test_a_job_explains_its_argument_to_spark_submit() -> None:
    submit = str(Path(sys.executable).with_name("spark-submit"))

    assert "request.json of the claimed attempt" in help_of(submit, "metrics")


def help_of(program: str, job: str) -> str:
    said = subprocess.run(
        [program, ROOT / "spark_jobs" / f"{job}.py", "--help"],
        capture_output=True,
        text=True,
        check=False,
        # spark-submit looks for the python that has pyspark in PATH
        env={**os.environ, "PATH": f"{Path(program).parent}{os.pathsep}{os.environ['PATH']}"},
    )
    assert said.returncode == 0, said.stderr
    return " ".join(said.stdout.split())
