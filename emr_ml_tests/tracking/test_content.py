"""What a run contains, made from reports without a server."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emr_ml.tracking.content import MAX_PARAM_CHARACTERS, Links, run_content
from emr_ml.tracking.lake_state import TrackedModel, read_model, read_stamps
from emr_ml_tests.checks.reports import a_report
from emr_ml_tests.tracking.models import measure, train, version
from spark_jobs.runtime.job import JobError
from spark_jobs.runtime.lake import Lake

LINKS = Links("http://dagster/", ("shop", "churn"))
NAMES = st.text(min_size=1, max_size=3)
VALUES = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
)
FIGURES = st.dictionaries(
    NAMES, VALUES | st.text(max_size=3) | st.lists(VALUES, max_size=2), max_size=4
)
FEW = settings(max_examples=30)


def tracked(lake: Lake, number: int = 1) -> TrackedModel:
    stamps = read_stamps(lake)
    return read_model(lake, version(number), stamps, stamps)


def of_model(**changes: Any) -> TrackedModel:
    """A model alone, without anything else in the lake."""
    return TrackedModel(a_report(asset="lr_model", **changes), None, None, {}, {})


def test_parameters_are_as_given_and_as_chosen(folder_lake: Lake) -> None:
    train(folder_lake, 1)

    assert run_content(tracked(folder_lake), LINKS).params == {
        "estimator": "logistic_regression",
        "regularization": "[0.5, 0.005]",
        "chosen.regularization": "0.005",
        "chosen.featurizer.index": "0",
        "chosen.featurizer.text": "hashing_tf",
    }


def test_figures_of_the_test_split_have_their_own_names_and_others_are_grouped(
    folder_lake: Lake,
) -> None:
    train(folder_lake, 1, seconds={"fit": 2.5})
    points = [{"false_positive_rate": 1.0, "recall": 1.0, "precision": 0.5}]
    bins = [{"bin": 0, "rows": 8, "probability": 0.5, "positive": 0.5}]
    measure(
        folder_lake,
        1,
        confusion={"tp": 3, "fp": 1, "fn": 0, "tn": 4},
        curves={"ranking": points, "calibration": bins},
        auc_roc=0.75,
        auc_pr=0.5,
        calibration_error=0.125,
    )

    content = run_content(tracked(folder_lake), LINKS)

    assert content.files["curves.png"].startswith(b"\x89PNG")
    assert content.metrics == {
        "auc_roc": 0.75,
        "auc_pr": 0.5,
        "calibration_error": 0.125,
        "accuracy": 0.9,
        "confusion/tp": 3.0,
        "confusion/fp": 1.0,
        "confusion/fn": 0.0,
        "confusion/tn": 4.0,
        "validation/log_loss": 0.25,
        "rows/in": 100.0,
        "rows/kept": 97.0,
        "rows/rejected": 3.0,
        "rows/train": 64.0,
        "rows/validation": 16.0,
        "rows/test": 20.0,
        "seconds/train_fit": 2.5,
    }


def test_tags_name_the_versions_of_everything_and_lead_back_to_dagster(folder_lake: Lake) -> None:
    train(folder_lake, 1)
    measure(folder_lake, 1, metrics=2)

    tags = {**run_content(tracked(folder_lake), LINKS).tags}

    contract = tags.pop("emr_ml.contract_version")
    assert len(contract) == 32
    assert tags == {
        "emr_ml.version": version(1),
        "emr_ml.attempt": "1",
        "emr_ml.metrics_version": version(2),
        "emr_ml.data_version": version(1),
        "emr_ml.snapshot_version": version(1),
        "emr_ml.spark": "4.1.1",
        "emr_ml.problem": "binary",
        "emr_ml.pipeline": "shop/churn",
        "emr_ml.lake_path": f"{folder_lake.root}/lr_model/{version(1)}/attempts/1",
        "emr_ml.dagster_asset": "http://dagster/assets/shop/churn/lr_model",
        "emr_ml.dagster_run.lr_model": "http://dagster/runs/run-of-lr_model",
        "emr_ml.dagster_run.metrics": "http://dagster/runs/run-of-metrics",
    }


def test_the_contract_is_a_file_that_its_version_stands_for(folder_lake: Lake) -> None:
    train(folder_lake, 1)
    train(folder_lake, 2)

    first, second = (run_content(tracked(folder_lake, number), LINKS) for number in (1, 2))

    assert first.tags["emr_ml.contract_version"] == second.tags["emr_ml.contract_version"]
    columns = json.loads(first.files["contract.json"])["columns"]
    assert columns["height"]["kind"] == "numeric"


def test_the_note_has_links_to_the_runs(folder_lake: Lake) -> None:
    train(folder_lake, 1)

    note = run_content(tracked(folder_lake), LINKS).note

    assert "[run](http://dagster/runs/run-of-lr_model)" in note
    assert "metrics" not in note


def test_times_are_those_of_training_and_evaluation(folder_lake: Lake) -> None:
    train(folder_lake, 1)
    measure(folder_lake, 1, metrics=5)

    content = run_content(tracked(folder_lake), LINKS)

    assert content.finished - content.started == 5 * 60 * 1000


def test_a_long_parameter_is_cut_to_what_mlflow_stores() -> None:
    (shown,) = run_content(of_model(params={"a": list(range(9999))}), LINKS).params.values()

    assert len(shown) == MAX_PARAM_CHARACTERS


@FEW
@given(figures=FIGURES)
def test_numbers_are_metrics_and_nothing_else_is(figures: dict[str, Any]) -> None:
    metrics = a_report(asset="metrics", rows={}, figures=figures)
    model = of_model(rows={}).model

    shown = run_content(TrackedModel(model, metrics, None, {}, {}), LINKS).metrics

    assert shown == {name: value for name, value in figures.items() if type(value) in (int, float)}


def test_the_latest_metrics_count_whatever_their_version(folder_lake: Lake) -> None:
    train(folder_lake, 1)
    measure(folder_lake, 1, metrics=9, accuracy=0.5)
    measure(folder_lake, 1, metrics=3, accuracy=0.7)

    found = tracked(folder_lake)

    assert found.metrics
    assert found.metrics.version == version(9)


@pytest.mark.parametrize("folder", ["", "attempts/1/"])
def test_the_page_is_beside_the_report_or_in_the_folder_of_its_attempt(
    folder: str, folder_lake: Lake
) -> None:
    train(folder_lake, 1)
    measure(folder_lake, 1)
    pages = [f"metrics/{version(1)}/{each}report.html" for each in (folder, "attempts/2/")]
    for page in pages:
        folder_lake.write(page, b"")

    assert tracked(folder_lake).pages == {"metrics": pages[0]}


def test_a_model_that_is_gone_is_told(folder_lake: Lake) -> None:
    with pytest.raises(JobError, match="is gone from"):
        tracked(folder_lake)


def test_reading_a_model_does_not_keep_it_from_a_clean_up(folder_lake: Lake) -> None:
    train(folder_lake, 1)

    tracked(folder_lake)

    assert not any(entry.key.endswith("used.json") for entry in folder_lake.list("lr_model/"))
