"""Dagster's daemon, running: files come, and what is to happen happens with no hand on it."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import dagster as dg
import pytest

from emr_ml.champions.record import read_champion
from emr_ml.settings import ROOT
from emr_ml_tests.test_bad_data import CONTRACT, good
from spark_jobs.runtime.lake import Lake, open_lake

PATIENCE_SECONDS = 300.0
BIN = Path(sys.executable).parent
SENSORS = ("new_data_sensor", "new_scoring_data_sensor", "new_sales_sensor")
SCHEDULES = ("retraining_schedule", "evaluation_schedule", "cleaning_schedule")
EVERY_MINUTE = "* * * * *"


class Home:
    """A folder with Dagster's files, a source, rows to score, a lake; and the daemon."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.source, self.new = folder / "source", folder / "new"
        for path in (self.source, self.new):
            path.mkdir()
        for name in ("dagster.yaml", "workspace.yaml"):
            shutil.copy(ROOT / name, folder / name)
        (folder / "toy.yaml").write_text(CONTRACT.format(more=""))
        self.environment = {
            **os.environ,
            "DAGSTER_HOME": str(folder),
            "EMR_ML_SOURCE": str(self.source),
            "EMR_ML_SCORING_SOURCE": str(self.new),
            "EMR_ML_DATASET": str(folder / "toy.yaml"),
            "EMR_ML_LAKE": str(folder / "lake"),
            "EMR_ML_SENSOR_INTERVAL_SECONDS": "1",
            "EMR_ML_SETTLE_SECONDS": "1",
            "EMR_ML_RETRAINING_CRON": EVERY_MINUTE,
            "EMR_ML_EVALUATION_CRON": EVERY_MINUTE,
            "EMR_ML_CLEANING_CRON": EVERY_MINUTE,
        }

    @property
    def lake(self) -> Lake:
        return open_lake(str(self.folder / "lake"))

    def start(self, kind: str, name: str) -> None:
        """Switch a sensor or a schedule on."""
        subprocess.run(
            [BIN / "dagster", kind, "start", name, "-w", "workspace.yaml"],
            cwd=self.folder,
            env=self.environment,
            check=True,
            capture_output=True,
        )

    def put(self, folder: Path, name: str, *rows: str) -> None:
        header = "height,width,kind" if folder == self.source else "height,width"
        (folder / name).write_text("\n".join([header, *rows]) + "\n")

    def runs(self, job: str) -> list[dg.DagsterRun]:
        """The runs of that job that have ended, the newest first."""
        with dg.DagsterInstance.from_config(str(self.folder)) as instance:
            found = instance.get_runs(filters=dg.RunsFilter(job_name=job))
        return [run for run in found if run.is_finished]

    def failed_ticks(self) -> dict[str, list[str]]:
        """Of each sensor and schedule that has ticked, what its failed ticks say."""
        failed: dict[str, list[str]] = {}
        with dg.DagsterInstance.from_config(str(self.folder)) as instance:
            for state in instance.all_instigator_state():
                ticks = instance.get_ticks(state.instigator_origin_id, state.selector_id)
                if ticks:
                    errors = [str(tick.error) for tick in ticks if tick.status.value == "FAILURE"]
                    failed[state.name] = errors
        return failed

    def reason(self) -> str:
        """What the newest materialization of the champion says."""
        with dg.DagsterInstance.from_config(str(self.folder)) as instance:
            event = instance.get_latest_materialization_event(dg.AssetKey("champion_model"))
        assert event
        assert event.asset_materialization
        return str(event.asset_materialization.metadata["reason"].value)


@pytest.fixture(name="home")
def fixture_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    monkeypatch.chdir(tmp_path)  # the paths in dagster.yaml are relative
    home = Home(tmp_path)
    for sensor in SENSORS:
        home.start("sensor", sensor)
    with (tmp_path / "daemon.log").open("wb") as log:
        daemon = subprocess.Popen(
            [BIN / "dagster-daemon", "run", "-w", "workspace.yaml"],
            cwd=tmp_path,
            env=home.environment,
            stdout=log,
            stderr=log,
        )
        try:
            yield home
        finally:
            daemon.send_signal(signal.SIGINT)
            try:
                daemon.wait(30)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()


def until(done: Callable[[], bool], home: Home) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not done():
        log = (home.folder / "daemon.log").read_text(errors="replace")[-3000:]
        assert time.monotonic() < end, f"it did not happen in {PATIENCE_SECONDS} s:\n{log}"
        time.sleep(1)


@pytest.mark.timeout(900)
def test_data_lands_a_model_is_trained_and_promoted_rows_are_scored_and_schedules_cost_nothing(
    home: Home,
) -> None:
    rows = [f"{height},{width},{kind}" for height, width, kind in good()]
    home.put(home.source, "1.csv", *rows[:400])

    until(lambda: bool(home.runs("training_job")), home)

    (first,) = home.runs("training_job")
    assert first.is_success
    champion = read_champion(home.lake)
    assert champion
    assert champion.run_id == first.run_id

    home.put(home.new, "1.csv", "1.0,1.0", "-1.0,-1.0")
    home.put(home.source, "2.csv", *rows[400:])

    until(lambda: len(home.runs("training_job")) == 2, home)
    until(lambda: bool(home.runs("scoring_job")), home)

    assert all(run.is_success for run in [*home.runs("training_job"), *home.runs("scoring_job")])
    # promoted or not, it is told why
    assert "mean loss" in home.reason() or "failed" in home.reason()
    assert list(home.lake.list("predictions/parts/"))

    for schedule in SCHEDULES:
        home.start("schedule", schedule)
    until(lambda: len(home.runs("training_job")) > 2, home)
    until(lambda: bool(home.runs("evaluation_job") and home.runs("clean_lake_job")), home)

    scheduled = [*home.runs("evaluation_job"), *home.runs("clean_lake_job")]
    assert all(run.is_success for run in [*home.runs("training_job"), *scheduled])
    models = {entry.key.split("/")[1] for entry in home.lake.list("lr_model/")}
    assert len(models - {"current.json"}) == 2, "a schedule trains nothing on unchanged data"
    # two of the sensors are on without being started
    names = {*SENSORS, *SCHEDULES, "failure_alert_sensor", "lost_run_sensor"}
    assert home.failed_ticks() == {name: [] for name in names}
