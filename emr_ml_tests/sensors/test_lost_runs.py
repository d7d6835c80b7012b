"""The sensor of runs whose process is gone."""

import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.events import EngineEventData
from dagster._core.remote_origin import (
    GrpcServerCodeLocationOrigin,
    RemoteJobOrigin,
    RemoteRepositoryOrigin,
)

from emr_ml.lake.leases import this_host
from emr_ml.project import ROOT
from emr_ml.sensors.lost_runs import lost_run_sensor, lost_runs
from emr_ml.settings import Settings
from emr_ml_tests.waiting import wait_until

SLEEPER = """
import time, sys
import dagster as dg

@dg.op
def sleep():
    time.sleep(60)

@dg.job(executor_def=dg.in_process_executor)
def sleeping_job():
    sleep()

if __name__ == "__main__":
    with dg.DagsterInstance.from_config(sys.argv[1]) as instance:
        sleeping_job.execute_in_process(instance=instance, tags={"emr_ml/host": sys.argv[2]})
"""
STARTED = dg.DagsterRunStatus.STARTED
STORAGE = """
storage: {sqlite: {base_dir: storage}}
telemetry: {enabled: false}
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "dagster.yaml").write_text(STORAGE.replace("storage}", f"{tmp_path}/storage}}"))
    (tmp_path / "sleeper.py").write_text(SLEEPER)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def instance(home: Path) -> Generator[dg.DagsterInstance]:
    with dg.DagsterInstance.from_config(str(home)) as instance:
        yield instance


def start(home: Path, instance: dg.DagsterInstance, host: str) -> subprocess.Popen[bytes]:
    """A run in a process of its own, once its step has begun."""
    command = [sys.executable, str(home / "sleeper.py"), str(home), host]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
    started = dg.RunsFilter(statuses=[STARTED])
    wait_until(lambda: instance.get_runs(started))
    time.sleep(0.5)
    return process


def tick(instance: dg.DagsterInstance) -> str:
    sensor = lost_run_sensor(Settings.model_validate({}))
    return str(sensor.evaluate_tick(dg.build_sensor_context(instance=instance)).skip_message)


@pytest.mark.process
def test_a_run_that_was_killed_is_marked_failed_and_a_living_one_is_left_alone(
    home: Path, instance: dg.DagsterInstance
) -> None:
    process = start(home, instance, this_host())
    try:
        assert tick(instance) == "no run of this machine is lost"
    finally:
        process.kill()
        process.wait()

    assert tick(instance) == "1 runs were lost and are marked as failed"
    (run,) = instance.get_runs()
    assert run.status == dg.DagsterRunStatus.FAILURE
    assert tick(instance) == "no run of this machine is lost"


@pytest.mark.process
def test_a_run_of_another_machine_is_left_alone(home: Path, instance: dg.DagsterInstance) -> None:
    process = start(home, instance, "elsewhere")
    process.kill()
    process.wait()

    assert tick(instance) == "no run of this machine is lost"


@pytest.mark.parametrize(
    ("location", "is_lost"), [("here", True), ("elsewhere", False), (None, False)]
)
def test_of_runs_without_a_host_only_those_of_this_code_location_are_judged(
    location: str | None, is_lost: bool
) -> None:
    code = GrpcServerCodeLocationOrigin(host="code", port=4000, location_name="here")
    origin = RemoteJobOrigin(RemoteRepositoryOrigin(code, "repository"), "training_job")
    run = dg.DagsterRun("training_job", status=STARTED, remote_job_origin=origin)
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_run(run)
        gone = EngineEventData({"pid": dg.MetadataValue.text(str(2**31 - 1))})
        instance.report_engine_event("started", run, gone)

        found = [lost for lost, _ in lost_runs(instance, location)]

    assert found == ([run] if is_lost else [])
