"""What the shell completes after `emr-ml show`."""

import pytest
from click.shell_completion import ShellComplete

from emr_ml.cli import main
from emr_ml_tests.history.versions import MODEL, NEW_MODEL, fill
from spark_jobs.runtime.lake import Lake


@pytest.fixture(autouse=True)
def lake(folder_lake: Lake, monkeypatch: pytest.MonkeyPatch) -> Lake:
    monkeypatch.setenv("EMR_ML_LAKE", folder_lake.root)
    fill(folder_lake)
    return folder_lake


def completed(*words: str) -> list[str]:
    *before, incomplete = words
    completer = ShellComplete(main, {}, "emr-ml", "_EMR_ML_COMPLETE")
    return [item.value for item in completer.get_completions(before, incomplete)]


def test_commands_and_options_are_completed() -> None:
    assert completed("ver") == ["versions"]
    assert "--failed" in completed("runs", "--")
    assert completed("clu") == []  # the former name of `compute` still works, and is not offered


@pytest.mark.parametrize("command", ["show", "versions"])
def test_assets_of_the_lake_are_completed(lake: Lake, command: str) -> None:
    fill(lake.below("shop/churn"))

    assert completed(command, "l") == ["lr_model"]
    assert completed(command, "shop/churn/m") == ["shop/churn/metrics"]


def test_versions_of_the_asset_before_are_completed() -> None:
    assert completed("show", "lr_model", "") == [MODEL, NEW_MODEL]
    assert completed("show", "lr_model", "1A") == [NEW_MODEL]
    assert completed("show", "no_such", "") == []


@pytest.mark.parametrize("root", ["/no/such", "s3://bucket/lake", "ftp://x"])
def test_nothing_is_completed_without_a_lake_in_a_folder(
    monkeypatch: pytest.MonkeyPatch, root: str
) -> None:
    monkeypatch.setenv("EMR_ML_LAKE", root)

    assert completed("show", "") == []
    assert completed("show", "lr_model", "") == []


def nothing(*_: object) -> None:
    """Stand for click's question which release bash has."""


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_there_is_a_script_for_each_shell(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("_EMR_ML_COMPLETE", f"{shell}_source")
        patch.setattr("click.shell_completion.BashComplete._check_version", nothing)
        with pytest.raises(SystemExit):
            main(prog_name="emr-ml")

    assert "_EMR_ML_COMPLETE" in capsys.readouterr().out
