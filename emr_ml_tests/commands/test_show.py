"""`emr-ml show`: all that is known of a version."""

import json
from pathlib import Path

import pytest

from emr_ml.commands.show import show
from emr_ml.history.instance import open_history
from emr_ml.settings import load_settings
from emr_ml_tests.commands.said import said
from emr_ml_tests.history import recorded
from emr_ml_tests.history.versions import DATA, MODEL, NEW_DIGITS, NEW_MODEL, add, fill
from spark_jobs.runtime.lake import Lake, open_lake
from spark_jobs.runtime.report import report_key


@pytest.fixture(autouse=True)
def lake(folder_lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lake:
    """A lake that is set, and no history of runs."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("EMR_ML_LAKE", folder_lake.root)
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    fill(folder_lake)
    return folder_lake


def shown(*args: str) -> str:
    result = said(show, *args)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_current_version_is_shown_by_default() -> None:
    lines = shown("lr_model").splitlines()

    assert lines[0] == f"lr_model {NEW_MODEL}"
    assert lines[1].split() == ["state", "current"]


def test_figures_files_parameters_and_lineage_are_shown() -> None:
    text = shown("lr_model", MODEL[:6])

    for line in (
        "state       champion",
        "champion since 2026-11-01, first: good",
        ", in 1 min 01 s",
        "files       1, 2.5 MB",
        "  validation_log_loss  0.5000",
        "  regularization  [0.1]",
        f"  processed_dataset {DATA}\n    raw_csv_s3 ",
        "      a.csv, 2 kB, from /data\n",
    ):
        assert line in text


def test_json_has_the_report_the_state_and_the_lineage() -> None:
    found = json.loads(shown("lr_model", MODEL, "--json"))

    assert (found["asset"], found["version"], found["state"]) == ("lr_model", MODEL, ["champion"])
    assert found["files"] == {"count": 1, "bytes": 2_500_000}
    assert found["report"]["params"]["regularization"] == [0.1]
    assert found["lineage"]["inputs"][0]["inputs"][0]["source"] == "/data"
    assert found["contract"] == {"columns": {"age": {"kind": "numeric"}}}
    assert found["history"] is None


def test_checks_and_cost_come_from_the_history_of_runs(tmp_path: Path) -> None:
    (tmp_path / "home" / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    with open_history(load_settings()) as instance:
        assert instance
        run_id = recorded.run(instance, recorded.lr_model)
    assert recorded.VERSION == NEW_MODEL

    text = shown("lr_model")

    assert f"run         {run_id}" in text
    assert "cost        1.5000 USD; at list prices" in text
    assert "  good  enough_rows: 3 rows, 10 are needed" in text
    assert "\ncost" not in shown("lr_model", MODEL)


def test_a_history_that_can_not_be_read_hides_nothing_of_the_lake(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", "/no/such")

    result = said(show, "lr_model")

    assert result.exit_code == 0
    assert "checks and cost are not shown: there is no folder /no/such" in result.stderr
    assert "validation_log_loss" in result.stdout


def test_the_champion_is_a_version_of_the_model(lake: Lake) -> None:
    lake.write_json("champion_model/refused.json", {})

    assert shown("champion_model").startswith(f"lr_model {MODEL}\n")
    assert shown("champion_model", MODEL[:6]).startswith(f"lr_model {MODEL}\n")


def test_what_a_report_names_does_not_reach_the_terminal_as_it_is(lake: Lake) -> None:
    add(lake, "metrics", "2e" * 16, inputs={"odd\x1b[2J": MODEL}, params={"a\x1b": "b\x1b"})

    assert "\x1b" not in shown("metrics", "2e2e2e")


def test_a_version_under_way_is_shown_without_figures(lake: Lake) -> None:
    lake.remove(report_key("lr_model", MODEL))
    lake.write_json(f"lr_model/{MODEL}/attempts/1/_job/request.json", {})

    assert "state       lost" in shown("lr_model", MODEL)


def test_an_asset_of_a_pipeline_is_shown_by_its_key(lake: Lake) -> None:
    fill(lake.below("shop/churn"))

    assert shown("shop/churn/lr_model").startswith(f"shop/churn/lr_model {NEW_MODEL}")


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("lr_modle",), "there is no asset lr_modle in "),
        (("lr_modle",), ": did you mean lr_model?"),
        (("../lr_model",), "'../lr_model' is not the key of an asset: enter it as Dagster shows"),
        (("predictions",), "predictions was never materialized in "),
        (("lr_model", NEW_DIGITS[:5]), "is not a version: enter 6 to 32 of its digits"),
        (("lr_model", "cccccc"), "has no version cccccc of lr_model. Its versions are:\n"),
    ],
)
def test_what_names_nothing_is_told_with_what_there_is(args: tuple[str, ...], words: str) -> None:
    result = said(show, *args)

    assert result.exit_code == 1
    assert words in result.stderr


def test_digits_of_two_versions_are_ambiguous(lake: Lake) -> None:
    other = MODEL[:-1] + "0"
    lake.write_json(report_key("lr_model", other), {})

    result = said(show, "lr_model", MODEL[:8])

    assert f"may be {other} or {MODEL}: enter more digits" in result.stderr


def test_an_empty_lake_says_how_to_fill_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMR_ML_LAKE", str(tmp_path / "empty"))

    result = said(show, "lr_model")

    assert result.exit_code == 1
    assert result.stderr == (
        f"Error: the lake {tmp_path / 'empty'} is empty: fill it with `emr-ml run`, or set "
        "EMR_ML_LAKE to the lake that you mean\n"
    )
    assert not Path(open_lake(str(tmp_path / "empty")).root).exists()


def test_a_lake_in_s3_without_credentials_says_what_to_set(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("EMR_ML_LAKE", "s3://bucket/lake")
    # the default session remembers the credentials of an earlier test
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)

    result = said(show, "lr_model")

    assert result.exit_code == 1
    assert result.stderr.startswith("Error: no credentials were found: set AWS_PROFILE")
