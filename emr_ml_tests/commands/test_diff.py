"""`emr-ml diff`: what differs between two versions, and what that did."""

import json

import pytest

from emr_ml.commands.diff import diff
from emr_ml_tests.commands.said import said
from emr_ml_tests.history.versions import (
    DATA,
    FILES,
    METRICS,
    MODEL,
    MORE_DATA,
    MORE_FILES,
    NEW_METRICS,
    NEW_MODEL,
    add,
    fill,
)
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.report import job_key, report_key


@pytest.fixture(autouse=True)
def lake(folder_lake: Lake, monkeypatch: pytest.MonkeyPatch) -> Lake:
    monkeypatch.setenv("EMR_ML_LAKE", folder_lake.root)
    fill(folder_lake)
    return folder_lake


def shown(*args: str) -> str:
    result = said(diff, *args)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_two_models_are_compared_by_their_first_digits() -> None:
    text = shown(MODEL[:6], NEW_MODEL[:6])

    for line in (
        f"lr_model  {MODEL[:8]} -> {NEW_MODEL[:8]}\n",
        "  parameters  regularization: [0.1] -> [1.0]\n",
        f"  inputs      processed_dataset: {DATA[:8]} -> {MORE_DATA[:8]}\n",
        "  the same    code, contract, spark\n",
        "  rows        in: 100 -> 200\n",
        "  files       added: b.csv\n",
        f"curves side by side: `emr-ml report {MODEL[:8]} {NEW_MODEL[:8]}`\n",
    ):
        assert line in text


def test_figures_of_other_data_are_said_to_be_so(lake: Lake) -> None:
    words = "the data sets differ, so the figures may be of other test rows"
    same_data = {"processed_dataset": DATA}
    add(lake, "lr_model", "2a" * 16, inputs=same_data, params={"trees": 7}, figures={"features": 3})

    assert words in shown(MODEL, NEW_MODEL)
    assert words not in shown(MODEL, "2a2a2a")
    assert json.loads(shown(MODEL, "2a2a2a", "--json"))["same_data"] is True


def test_the_figures_of_a_models_metrics_stand_side_by_side() -> None:
    lines = [line.split() for line in shown(MODEL, NEW_MODEL).splitlines()]

    assert ["figures", "of", "metrics", METRICS[:8], NEW_METRICS[:8], "difference"] in lines
    assert ["accuracy", "0.8000", "0.9000", "+0.1000", "better"] in lines
    assert ["log_loss", "0.3000", "0.4000", "+0.1000", "worse"] in lines


def test_a_difference_that_may_be_chance_is_told(lake: Lake) -> None:
    figures = {"accuracy": 0.85, "intervals": {"accuracy": [0.8, 0.9]}}
    add(lake, "metrics", "2e" * 16, figures=figures, inputs={"lr_model": MODEL})

    assert "better, maybe by chance" in shown("2e2e2e", "metrics")


def test_an_asset_alone_is_its_current_version() -> None:
    assert shown("lr_model/" + MODEL[:6], "lr_model").startswith(
        f"lr_model  {MODEL[:8]} -> {NEW_MODEL[:8]}\n"
    )


def test_the_modules_that_changed_are_named(lake: Lake) -> None:
    for version, code in ((DATA, "old"), (MORE_DATA, "new")):
        add_code(lake, version, code)

    assert "  code        changed: spark_jobs.spelling\n" in shown("0d0d0d", "1d1d1d")


def test_modules_that_were_not_recorded_are_said_to_be_unknown(lake: Lake) -> None:
    add_code(lake, DATA, "old")
    add_code(lake, MORE_DATA, "new")
    lake.remove(job_key("processed_dataset", DATA, 1, "code.json"))

    text = shown("0d0d0d", "1d1d1d")

    assert "  code        differs, but the modules of one of the two are not recorded\n" in text


def add_code(lake: Lake, version: str, code: str) -> None:
    lake.remove(report_key("processed_dataset", version))
    add(lake, "processed_dataset", version, code=code, rows={})
    key = job_key("processed_dataset", version, 1, "code.json")
    modules = {"spark_jobs.spelling": code, "spark_jobs.columns": "same"}
    lake.write_json(key, {"job": "spark_jobs.processed_dataset", "modules": modules})


def test_a_snapshot_of_the_same_files_was_read_differently(lake: Lake) -> None:
    found = {"spark": None, "rows": {}, "files": [], "figures": {"source": "/data"}}
    add(lake, "raw_csv_s3", "2f" * 16, **found)
    add(lake, "raw_csv_s3", "3f" * 16, **found)

    assert "  contract    `format`, `dialect` or `header_case` differ\n" in shown(
        "2f2f2f", "3f3f3f"
    )


def test_json_has_all_differences_and_exact_figures() -> None:
    found = json.loads(shown(MODEL, NEW_MODEL, "--json"))

    assert [each["asset"] for each in found["differences"]] == [
        "lr_model",
        "processed_dataset",
        "raw_csv_s3",
    ]
    model, _, files = found["differences"]
    assert model["parameters"] == [{"path": "regularization", "a": [0.1], "b": [1.0]}]
    assert (files["a"], files["b"]) == (FILES, MORE_FILES)
    accuracy = found["figures"][0]["figures"][0]
    assert (accuracy["name"], accuracy["verdict"]) == ("accuracy", "better")
    assert accuracy["difference"] == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ((MODEL, MODEL[:6]), f"are the same version, lr_model/{MODEL}: list the versions with"),
        ((MODEL, METRICS), "is a version of lr_model, and 0e0e"),
        (("0a0", NEW_MODEL), "'0a0' has too few digits: enter at least 6"),
        (("cccccc", NEW_MODEL), "has no version that starts with cccccc: list those of an asset"),
        (("lr_modle", NEW_MODEL), "there is no asset lr_modle in "),
    ],
)
def test_what_can_not_be_compared_is_told_with_a_way_on(args: tuple[str, str], words: str) -> None:
    result = said(diff, *args)

    assert result.exit_code == 1
    assert words in result.stderr


def test_digits_that_two_assets_share_need_the_asset(lake: Lake) -> None:
    add(lake, "predictions", MODEL)

    result = said(diff, MODEL[:8], NEW_MODEL)

    assert f"may be lr_model/{MODEL} or predictions/{MODEL}: enter one of them" in result.stderr
    assert shown(f"lr_model/{MODEL[:8]}", NEW_MODEL)


def test_a_version_that_is_not_committed_has_no_figures(lake: Lake) -> None:
    lake.remove(report_key("lr_model", MODEL))
    lake.write_json(f"lr_model/{MODEL}/attempts/1/_job/request.json", {})

    result = said(diff, MODEL, NEW_MODEL)

    assert f"lr_model {MODEL} is not committed, so it has no figures: see `emr-ml show" in (
        result.stderr
    )
