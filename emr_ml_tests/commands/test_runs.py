"""`emr-ml runs`: the last runs, and why one failed."""

import json
import time
from pathlib import Path

import pytest

from emr_ml.commands.runs import runs
from emr_ml.history.instance import open_history
from emr_ml.settings import load_settings
from emr_ml_tests.commands.said import said
from emr_ml_tests.history.recorded import VERSION, lr_model, raw_csv_s3, run


@pytest.fixture(scope="module", name="home")
def fixture_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the history of a run that computed, one that reused, and one that failed."""
    home = tmp_path_factory.mktemp("home")
    (home / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAGSTER_HOME", str(home))
        with open_history(load_settings()) as instance:
            assert instance
            run(instance, raw_csv_s3, lr_model)
            run(instance, lr_model, reused=True)
            run(instance, raw_csv_s3, fails=True)
    return home


@pytest.fixture(name="history")
def fixture_history(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    return home


@pytest.mark.usefixtures("history")
def test_the_newest_run_comes_first_with_its_cause() -> None:
    lines = said(runs).stdout.splitlines()

    assert lines[0].split()[2] == "failure"
    assert lines[1].split(maxsplit=1) == [
        "cause",
        "raw_csv_s3: there is nothing at /nowhere: check the path",
    ]
    assert lines[2].split()[2] == "success"
    assert lines[3].split() == ["reused", "lr_model"]
    assert lines[5].split()[0] == "computed"
    assert set(lines[5].replace(",", "").split()[1:]) == {"raw_csv_s3", "lr_model"}
    assert "selected assets" in lines[0]


@pytest.mark.usefixtures("history")
def test_failed_runs_alone_are_listed_on_request() -> None:
    assert [line.split()[0] for line in said(runs, "--failed").stdout.splitlines()[1:]] == ["cause"]


@pytest.mark.usefixtures("history")
def test_a_limit_is_kept() -> None:
    assert len(json.loads(said(runs, "--limit", "2", "--json").stdout)) == 2
    assert said(runs, "--limit", "0").exit_code == 2


@pytest.mark.usefixtures("history")
def test_json_has_versions_times_in_utc_and_the_cause() -> None:
    failed, _, first = json.loads(said(runs, "--json").stdout)

    assert failed["cause"].startswith("raw_csv_s3: there is nothing")
    assert first["computed"] == {"raw_csv_s3": VERSION, "lr_model": VERSION}
    assert first["started"].endswith("+00:00") and first["seconds"] > 0


@pytest.mark.usefixtures("history")
def test_times_are_those_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    def hour() -> int:
        time.tzset()
        return int(said(runs, "--limit", "1").stdout.split()[1][:2])

    monkeypatch.setenv("TZ", "UTC")
    in_utc = hour()
    monkeypatch.setenv("TZ", "America/Sao_Paulo")
    try:
        assert (in_utc - hour()) % 24 == 3
    finally:
        monkeypatch.undo()
        time.tzset()


def test_where_nothing_was_run_it_says_how_to_begin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))

    shown = said(runs)

    assert (shown.exit_code, shown.stdout) == (
        0,
        f"there are no runs yet: `emr-ml run` makes one (history in {tmp_path})\n",
    )
    assert said(runs, "--json").stdout == "[]\n"
    assert said(runs, "--failed").stdout.startswith("no run has failed")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_HOME", "/no/such")

    shown = said(runs)

    assert shown.exit_code == 1
    assert shown.stderr.startswith("Error: there is no folder /no/such: set DAGSTER_HOME")
