"""Dagster's daemon processes new files without any manual step."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import psutil
import pytest

from emr_ml.lake.champion import read_champion
from emr_ml.project import ROOT
from emr_ml_tests.emulator.arranged import arranged_aws
from emr_ml_tests.graph import SMALL_SPARK_CONF
from emr_ml_tests.processes import go_down
from emr_ml_tests.two_classes import CONTRACT, good
from emr_ml_tests.waiting import wait_until
from spark_jobs.runtime.lake import Lake, open_lake

pytestmark = pytest.mark.process

RUN_SECONDS = 300.0  # more than any run takes
BIN = Path(sys.executable).parent
SENSORS = ("new_data_sensor", "new_scoring_data_sensor", "new_sales_sensor")
SCHEDULES = ("retraining_schedule", "evaluation_schedule", "cleaning_schedule")
ALWAYS_ON = ("failure_alert_sensor", "lost_run_sensor")
EVERY_MINUTE = "* * * * *"


class Home:
    """A folder with Dagster's files, a source, rows to score, and a lake."""

    def __init__(self, folder: Path, **environment: str) -> None:
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
            "EMR_ML_SPARK_CONF": json.dumps(SMALL_SPARK_CONF),
            "EMR_ML_RETRAINING_CRON": EVERY_MINUTE,
            "EMR_ML_EVALUATION_CRON": EVERY_MINUTE,
            "EMR_ML_CLEANING_CRON": EVERY_MINUTE,
            **environment,
        }
        # SQLite's tables are made here: the daemon and a test that both make them fail
        self.failed_ticks()

    @property
    def lake(self) -> Lake:
        return open_lake(str(self.folder / "lake"))

    @contextmanager
    def daemon(self) -> Generator[psutil.Process]:
        """The daemon, until the block ends."""
        with (self.folder / "daemon.log").open("ab") as log:
            daemon = psutil.Popen(
                [BIN / "dagster-daemon", "run", "-w", "workspace.yaml"],
                cwd=self.folder,
                env=self.environment,
                stdout=log,
                stderr=log,
            )
            try:
                yield daemon
            finally:
                if daemon.is_running():
                    # a run still in progress would outlive it
                    go_down(daemon)

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

    def runs(self, job: str, status: dg.DagsterRunStatus) -> list[dg.DagsterRun]:
        """The runs of that job in that state, the newest first."""
        with dg.DagsterInstance.from_config(str(self.folder)) as instance:
            return list(instance.get_runs(dg.RunsFilter(job_name=job, statuses=[status])))

    def succeeded(self, job: str) -> list[dg.DagsterRun]:
        return self.runs(job, dg.DagsterRunStatus.SUCCESS)

    def failed(self, job: str) -> list[dg.DagsterRun]:
        return self.runs(job, dg.DagsterRunStatus.FAILURE)

    def said(self, name: str) -> list[str]:
        """Return why the ticks of a sensor requested no run."""
        with dg.DagsterInstance.from_config(str(self.folder)) as instance:
            return [
                tick.skip_reason
                for state in instance.all_instigator_state()
                if state.name == name
                for tick in instance.get_ticks(state.instigator_origin_id, state.selector_id)
                if tick.skip_reason  # those under way have none yet
            ]

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
        """Return the reason in the newest materialization of the champion."""
        with dg.DagsterInstance.from_config(str(self.folder)) as instance:
            event = instance.get_latest_materialization_event(dg.AssetKey("champion_model"))
        assert event
        assert event.asset_materialization
        return str(event.asset_materialization.metadata["reason"].value)


@pytest.fixture(name="home")
def fixture_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.chdir(tmp_path)  # the paths in dagster.yaml are relative
    home = Home(tmp_path)
    for sensor in SENSORS:
        home.start("sensor", sensor)
    return home


def until(done: Callable[[], object], home: Home) -> None:
    log = home.folder / "daemon.log"
    wait_until(done, RUN_SECONDS, lambda: log.read_text(errors="replace")[-3000:], pause=1)


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_new_data_is_processed_despite_power_failures_and_schedules_cost_nothing(
    home: Home,
) -> None:
    rows = [f"{height},{width},{kind}" for height, width, kind in good()]
    home.put(home.source, "1.csv", *rows[:400])
    with home.daemon() as daemon:  # power is lost within a run
        until(lambda: list(home.lake.list("processed_dataset/")), home)
        go_down(daemon)
    with home.daemon() as daemon:  # and between runs
        until(lambda: home.succeeded("training_job"), home)
        go_down(daemon)

    (lost,), (retry,) = home.failed("training_job"), home.succeeded("training_job")
    assert retry.root_run_id == lost.run_id
    champion = read_champion(home.lake)
    assert champion
    assert champion.run_id == retry.run_id

    home.put(home.new, "1.csv", "1.0,1.0", "-1.0,-1.0")
    home.put(home.source, "2.csv", *rows[400:])
    with home.daemon():
        until(lambda: len(home.succeeded("training_job")) == 2, home)
        until(lambda: home.succeeded("scoring_job"), home)

        # promoted or not, the reason is reported
        assert "mean loss" in home.reason() or "failed" in home.reason()
        assert list(home.lake.list("predictions/parts/"))

        for schedule in SCHEDULES:
            home.start("schedule", schedule)
        until(lambda: len(home.succeeded("training_job")) > 2, home)
        until(lambda: home.succeeded("evaluation_job"), home)
        until(lambda: home.succeeded("clean_lake_job"), home)

    assert home.failed("training_job") == [lost]
    for job in ("scoring_job", "evaluation_job", "clean_lake_job"):
        assert not home.failed(job)
    assert len(models(home.lake)) == 2, "a schedule trains nothing on unchanged data"
    assert home.failed_ticks() == {name: [] for name in (*SENSORS, *SCHEDULES, *ALWAYS_ON)}


def models(lake: Lake) -> list[str]:
    """The versions of the model that are committed."""
    return [key for entry in lake.list("lr_model/") if (key := entry.key).endswith("/report.json")]


def test_the_daemon_warns_of_an_old_cluster_on_emr(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with arranged_aws(tmp_path, monkeypatch) as aws:
        since = datetime.now(UTC) - timedelta(hours=30)
        aws.add_cluster("j-OLD", "emr-ml emr 0123456789abcdef", "WAITING", since=since)
        home = Home(tmp_path, EMR_ML_DEPLOYMENT="emr", EMR_ML_LAKE="s3://bucket/lake")
        with home.daemon():
            until(lambda: home.said("old_cluster_sensor"), home)

    assert "cluster j-OLD" in home.said("old_cluster_sensor")[0]
