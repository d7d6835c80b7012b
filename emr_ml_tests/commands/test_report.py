"""`emr-ml report`: a page about a model, or about two side by side."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from emr_ml.commands import report as command
from emr_ml.lake.current import Current, promote
from emr_ml_tests.checks.reports import a_report
from emr_ml_tests.model_report.examples import binary
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.report import commit

MODEL, FIRST, SECOND = "0a" * 16, "1b" * 16, "2c" * 16


@pytest.fixture(name="measured")
def fixture_measured(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> Lake:
    """A lake with a model that was measured twice, the second time in vain."""
    monkeypatch.setenv("EMR_ML_LAKE", lake.root)
    commit(lake, a_report(asset="lr_model", version=MODEL))
    for version, finished in ((FIRST, "2026-01-02"), (SECOND, "2026-01-01")):
        commit(
            lake,
            a_report(
                asset="metrics",
                version=version,
                inputs={"lr_model": MODEL, "processed_dataset": "gone"},
                figures={**binary(), "test_rows": 200 if version == FIRST else 300},
                finished=finished,
            ),
        )
    assert promote(lake, "metrics", Current(FIRST, "unused", "run", 0.0))
    return lake


def said(*args: str) -> Result:
    # a contract that is not there, so that the project's definitions are not loaded
    given = {"EMR_ML_SOURCE": "/nowhere", "EMR_ML_DATASET": "/nowhere/contract.yaml"}
    result = CliRunner().invoke(command.report, args, env=given)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def page_of(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return Path(result.stdout.splitlines()[-1]).read_text()


def test_the_current_metrics_are_shown_by_default(measured: Lake) -> None:
    found = page_of(said("--no-open"))

    assert "Figures on 200 test rows" in found
    assert measured.read(f"metrics/{FIRST}/attempts/1/report.html")


@pytest.mark.parametrize(("digits", "rows"), [(SECOND[:8], 300), (MODEL[:8].upper(), 200)])
@pytest.mark.usefixtures("measured")
def test_a_version_of_metrics_or_of_a_model_is_shown(digits: str, rows: int) -> None:
    assert f"Figures on {rows} test rows" in page_of(said(digits, "--no-open"))


@pytest.mark.usefixtures("measured")
def test_two_versions_are_shown_side_by_side_in_the_file_that_is_named(tmp_path: Path) -> None:
    output = tmp_path / "both.html"

    shown = said(FIRST[:8], SECOND[:8], "--no-open", "--output", str(output))

    assert shown.output == f"{output}\n"
    assert "A is metrics 1b1b1b1b, B is metrics 2c2c2c2c" in output.read_text()


@pytest.mark.parametrize("screen", [True, False], ids=["a desktop", "a server"])
@pytest.mark.usefixtures("measured")
def test_a_browser_opens_only_where_there_is_a_screen(
    screen: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(command.webbrowser, "open", opened.append)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.setattr(command.sys, "platform", "linux")
    if screen:
        monkeypatch.setenv("DISPLAY", ":0")

    path = Path(said(FIRST[:8]).stdout.splitlines()[-1])

    assert opened == ([path.as_uri()] if screen else [])


def test_a_version_that_is_not_there_is_a_message(measured: Lake) -> None:
    shown = said("ffffffff")

    assert shown.exit_code == 1
    assert f"{measured.root} has no version ffffffff of metrics" in shown.output


def test_a_lake_without_metrics_is_a_message(
    folder_lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMR_ML_LAKE", folder_lake.root)

    shown = said()

    assert shown.exit_code == 1
    assert "metrics was never materialized" in shown.output
