"""What is scored, written and completed of the test split; and that every job explains itself."""

import json
import math
import os
import runpy
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
EXPLAINED = "request.json of the attempt to run"
JOBS = (
    *("processed_dataset", "lr_model", "metrics", "champion_model", "champion_metrics"),
    *("sales_by_seller", "predictions"),
)


def rows(split: str, count: int) -> list[Row]:
    """Rows whose label `x` predicts in most cases, with many equal values of `x`."""
    chance = np.random.default_rng(len(split))
    label = chance.integers(0, 2, count)
    x = chance.normal(label, 1.0).round(1)
    return [
        {"split": split, "x": float(value), "y": "yes" if positive else "no"}
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


def test_scored_rows_have_id_label_prediction_and_the_values_of_the_columns(measured: Done) -> None:
    (names,) = {tuple(row) for row in measured.rows("scored")}

    assert names == ("__row_id", "label", "predicted", "probability", "values", "measures")
    assert {tuple(row["values"]) for row in measured.rows("scored")} == {("x",)}


def test_a_prediction_is_the_models_own(measured: Done) -> None:
    for row in measured.rows("scored"):
        assert row["predicted"] == (row["probability"] > 0.5)


def test_the_rows_of_greatest_loss_are_reported_with_their_values(measured: Done) -> None:
    scored = sorted(measured.rows("scored"), key=loss_of, reverse=True)

    worst = measured.result.figures["worst_rows"]

    assert len(worst) == 20
    assert [row["loss"] for row in worst] == pytest.approx([loss_of(row) for row in scored[:20]])
    assert worst[0]["values"] == scored[0]["values"]


def loss_of(row: Row) -> float:
    return -math.log(row["probability"] if row["label"] else 1 - row["probability"])


def test_slices_of_the_columns_are_reported(measured: Done) -> None:
    (column,) = measured.result.figures["slices"]

    assert (column["column"], column["kind"]) == ("x", "numeric")
    assert sum(each["rows"] for each in column["slices"]) == 150


@pytest.mark.parametrize(
    "left_out",
    [{"report": {"worst_rows": 1, "hidden": ["x"]}}, {"report": {"worst_rows": 1}, "id": ["x"]}],
    ids=["hidden", "id"],
)
def test_hidden_columns_and_ids_are_not_kept_with_the_scored_rows(
    bench: Bench, dataset: Input, model: Done, left_out: Row
) -> None:
    contract = Contract.model_validate(
        {
            "columns": {"x": "numeric", "gone": "text"},
            "label": {"column": "y", "positive": "yes"},
            **left_out,
        }
    )

    done = bench.measure(dataset, model, contract)

    (names,) = {tuple(row) for row in done.rows("scored")}
    assert names == ("__row_id", "label", "predicted", "probability")
    assert done.result.figures["slices"] == []
    assert [row["values"] for row in done.result.figures["worst_rows"]] == [{}]


def test_every_row_of_the_test_split_is_scored_once(
    bench: Bench, dataset: Input, measured: Done
) -> None:
    kept = bench.spark.read.parquet(f"{dataset.path}/kept").select("__row_id").collect()
    # the default split puts the ids of the test split at 80 of 100
    expected = [row["__row_id"] for row in kept if row["__row_id"].startswith(f"{80:08x}")]

    assert sorted(row["__row_id"] for row in measured.rows("scored")) == sorted(expected)


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
def test_a_test_split_without_both_classes_is_an_error(
    bench: Bench, model: Done, labels: tuple[str, ...]
) -> None:
    tested: list[Row] = [{"split": "test", "x": 1.0, "y": label} for label in labels]
    few = bench.dataset([*rows("train", 5), *tested], CONTRACT)

    with pytest.raises(JobError, match=f"{len(labels)} rows and {len(set(labels))} class of 'y'"):
        bench.measure(few, model, CONTRACT)


@pytest.fixture(scope="module")
def classified(bench: Bench) -> Done:
    """Scored rows of several classes, one of which is not in the training split."""
    contract = Contract.model_validate({"columns": {"x": "numeric"}, "label": {"column": "y"}})
    chance = np.random.default_rng(9)
    several: list[Row] = [
        {"split": split, "x": float(chance.normal(4 * index)), "y": "cab"[index]}
        for split, count in {"train": 60, "validation": 30, "test": 30}.items()
        for index in np.arange(count) % 3
    ]
    strange: list[Row] = [
        {"split": split, "x": 1.0, "y": "new"} for split in ("validation", "test")
    ]
    dataset = bench.dataset([*several, *strange], contract)
    return bench.measure(dataset, bench.train(dataset, contract), contract)


def test_scored_rows_of_several_classes_have_label_prediction_and_probabilities(
    classified: Done,
) -> None:
    scored = classified.rows("scored")

    assert {tuple(row) for row in scored} == {
        (
            *("__row_id", "label", "predicted", "probability", "label_probability"),
            *("values", "measures"),
        )
    }
    assert {row["predicted"] for row in scored} == {"a", "b", "c"}
    right = [row for row in scored if row["label"] == row["predicted"]]
    assert len(right) > 20
    assert all(row["probability"] == row["label_probability"] for row in right)


def test_a_class_that_is_not_in_the_training_split_counts_as_an_error_of_the_model(
    classified: Done,
) -> None:
    (row,) = (row for row in classified.rows("scored") if row["label"] == "new")

    assert row["label_probability"] == 0
    assert classified.result.figures["confusion"]["labels"] == ["a", "b", "c", "new"]
    assert classified.result.figures["test_rows"] == 31


def test_figures_of_several_classes_are_scikit_learns_of_the_written_rows(
    classified: Done,
) -> None:
    scored = classified.rows("scored")
    label = [row["label"] for row in scored]
    predicted = [row["predicted"] for row in scored]
    figures = classified.result.figures

    assert figures["accuracy"] == pytest.approx(sklearn_metrics.accuracy_score(label, predicted))
    f1 = sklearn_metrics.f1_score(label, predicted, average="macro")
    assert figures["f1"] == pytest.approx(f1)


@pytest.fixture(scope="module")
def estimated(bench: Bench) -> Done:
    """Scored rows of a number, by a forest."""
    contract = Contract.model_validate(
        {"columns": {"x": "numeric"}, "label": {"column": "y", "kind": "numeric"}}
    )
    chance = np.random.default_rng(9)
    numbers: list[Row] = [
        {"split": split, "x": float(x), "y": float(1000 + 10 * x)}
        for split, count in {"train": 100, "validation": 30, "test": 30}.items()
        for x in chance.normal(size=count)
    ]
    dataset = bench.dataset(numbers, contract)
    model = bench.train(dataset, contract, estimator="random_forest", trees=10, max_depth=[1, 6])
    assert model.result.figures["max_depth"] == 6
    return bench.measure(dataset, model, contract)


def test_scored_rows_of_a_number_have_label_and_prediction(estimated: Done) -> None:
    assert {tuple(row) for row in estimated.rows("scored")} == {
        ("__row_id", "label", "predicted", "values", "measures")
    }


def test_figures_of_a_number_are_scikit_learns_of_the_written_rows(estimated: Done) -> None:
    scored = estimated.rows("scored")
    label = [row["label"] for row in scored]
    predicted = [row["predicted"] for row in scored]
    figures = estimated.result.figures

    assert figures["r2"] > 0.8
    assert figures["r2"] == pytest.approx(sklearn_metrics.r2_score(label, predicted))
    assert figures["accuracy"] is None


def test_an_empty_test_split_is_an_error_whatever_the_problem(bench: Bench) -> None:
    contract = Contract.model_validate(
        {"columns": {"x": "numeric"}, "label": {"column": "y", "kind": "numeric"}}
    )
    unsplit: list[Row] = [
        {"split": split, "x": float(number), "y": float(number)}
        for split in ("train", "validation")
        for number in range(5)
    ]
    dataset = bench.dataset(unsplit, contract)

    with pytest.raises(JobError, match="the test split has no row"):
        bench.measure(dataset, bench.train(dataset, contract), contract)


@pytest.mark.parametrize("job", JOBS)
def test_a_job_explains_its_argument(
    job: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", [f"{job}.py", "--help"])

    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(ROOT / "spark_jobs" / f"{job}.py"), run_name="__main__")

    assert ended.value.code == 0
    assert EXPLAINED in " ".join(capsys.readouterr().out.split())


@pytest.mark.process
def test_a_job_explains_its_argument_to_spark_submit() -> None:
    python = Path(sys.executable)
    completed = subprocess.run(
        [python.with_name("spark-submit"), ROOT / "spark_jobs" / "metrics.py", "--help"],
        capture_output=True,
        text=True,
        check=False,
        # spark-submit looks for the python that has pyspark in PATH
        env={**os.environ, "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}"},
    )

    assert completed.returncode == 0, completed.stderr
    assert EXPLAINED in " ".join(completed.stdout.split())
