"""`emr-ml versions`; `emr_ml_tests/commands/test_promote.py` has what digits may be."""

import json

import pytest

from emr_ml.commands.versions import versions
from emr_ml_tests.commands.said import said
from emr_ml_tests.history.versions import MODEL, NEW_MODEL, fill
from spark_jobs.runtime.lake import Lake


@pytest.fixture(autouse=True)
def lake(folder_lake: Lake, monkeypatch: pytest.MonkeyPatch) -> Lake:
    monkeypatch.setenv("EMR_ML_LAKE", folder_lake.root)
    fill(folder_lake)
    return folder_lake


def test_the_newest_comes_first_with_figures_and_state() -> None:
    lines = [line.split() for line in said(versions, "lr_model").stdout.splitlines()]

    assert [line[0] for line in lines] == [NEW_MODEL[:8], MODEL[:8]]
    assert [line[3:] for line in lines] == [
        ["log_loss", "0.5000", "current"],
        ["log_loss", "0.5000", "champion"],
    ]


@pytest.mark.parametrize(
    ("asset", "headline"), [("processed_dataset", "200 rows"), ("raw_csv_s3", "2 files")]
)
def test_what_has_no_figures_is_told_apart_by_its_size(asset: str, headline: str) -> None:
    assert headline in said(versions, asset).stdout.splitlines()[0]


def test_what_the_limit_hides_is_counted() -> None:
    lines = said(versions, "lr_model", "--limit", "1").stdout.splitlines()

    assert lines[1:] == ["and 1 more: see --limit"]


def test_json_has_state_and_figures() -> None:
    newest, oldest = json.loads(said(versions, "lr_model", "--json").stdout)

    assert (newest["version"], newest["state"]) == (NEW_MODEL, ["current"])
    assert oldest["figures"] == {"validation_log_loss": 0.5, "estimator": "auto"}


def test_an_asset_that_is_not_there_is_told() -> None:
    result = said(versions, "lr_modle")

    assert result.exit_code == 1
    assert "there is no asset lr_modle" in result.stderr


def test_those_of_the_champion_are_models(lake: Lake) -> None:
    lake.write_json("champion_model/current.json", {})

    assert said(versions, "champion_model").stdout == said(versions, "lr_model").stdout
