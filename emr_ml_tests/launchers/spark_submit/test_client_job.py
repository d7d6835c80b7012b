"""Attempts as drivers on this machine, with a stand-in for Spark: kills, limits, causes."""

import os
import signal
import sys
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from emr_ml.lake.leases import Lease, LeaseFile
from emr_ml.lake.versions import VersionSpec
from emr_ml.launchers.base import LaunchError, LostError
from emr_ml.launchers.remote.polling import PollingPolicy
from emr_ml.launchers.remote.target import Attempt, JobOutcome
from emr_ml.launchers.spark_submit.client_job import ClientJob
from emr_ml.launchers.spark_submit.driver import Driver
from emr_ml.launchers.spark_submit.supervisor import session_members
from emr_ml_tests.launchers.spark_submit.submissions import PODS, config_of
from emr_ml_tests.launchers.stages import LOG, Stage, spark_submit_stage
from emr_ml_tests.waiting import wait_until
from spark_jobs.runtime.lake.base import as_json
from spark_jobs.runtime.report import job_key, lease_key

pytestmark = pytest.mark.process
PACE = PollingPolicy(fast=0.1, slow=1.0, visibility=45.0, patience=600.0)
RELEASED, NEVER = "released", "never"  # keys of the lake that jobs wait for


@pytest.fixture(name="stage")
def fixture_stage(tmp_path: Path) -> Generator[Stage]:
    with spark_submit_stage(tmp_path, None) as stage:
        yield stage


def with_fields(stage: Stage, **fields: Any) -> Stage:
    merged = {**stage.settings["spark_submit_fields"], **fields}
    return replace(stage, settings={**stage.settings, "spark_submit_fields": merged})


def lease(stage: Stage, work: VersionSpec) -> Lease:
    found = LeaseFile(stage.lake, lease_key(work.asset, work.version)).read()
    assert found
    return found


def started(stage: Stage, work: VersionSpec) -> int:
    """Wait until the job of the first attempt runs, and return its driver's id."""
    wait_until(
        lambda: (
            stage.lake.read(job_key(work.asset, work.version, 1, "started.json"))
            and lease(stage, work).location.get("pid")
        )
    )
    return int(lease(stage, work).location["pid"])


def release(stage: Stage) -> None:
    """Let the jobs that wait for it go on."""
    stage.lake.write(RELEASED, b"")


def job_process(driver: int) -> int:
    """Return the process that a supervisor runs."""
    (child,) = psutil.Process(driver).children()
    return child.pid


def spark_submit(stage: Stage, script: str) -> Stage:
    """Return a stage whose spark-submit is a shell script."""
    path = Path(stage.settings["spark_submit_fields"]["spark_home"], "bin", "spark-submit")
    path.write_text(f"#!/bin/sh\n{script}\n")
    return stage


def test_what_it_computes_is_reused_by_local_runs_of_the_same_release(stage: Stage) -> None:
    local = replace(stage, settings={"lake": stage.settings["lake"], "fast_poll_seconds": 0.1})
    committed = stage.launcher().launch(stage.work("shared"), LOG)

    again = local.launcher().launch(local.work("shared"), LOG)

    assert again.reused and again.report == committed.report


def test_a_killed_driver_is_replaced_by_a_new_attempt(stage: Stage) -> None:
    work = stage.work("killed", until=RELEASED)
    run = stage.launch_elsewhere(work)
    os.kill(job_process(started(stage, work)), signal.SIGKILL)
    release(stage)
    run.join(60)

    assert stage.launcher().launch(work, LOG).report.attempt == 2


def test_a_job_survives_its_supervisor_and_the_run_that_started_it(stage: Stage) -> None:
    work = stage.work("survivor", until=RELEASED)
    run = stage.launch_elsewhere(work)
    driver = started(stage, work)
    for each in (run.pid, driver):
        assert each
        os.kill(each, signal.SIGKILL)
    run.join(60)
    release(stage)

    assert stage.launcher().launch(work, LOG).report.attempt == 1


def test_a_run_that_dies_just_before_or_after_the_start_leaves_one_driver(stage: Stage) -> None:
    work = stage.work("early", until=RELEASED)
    run = stage.launch_elsewhere(work)
    started(stage, work)
    assert run.pid
    os.kill(run.pid, signal.SIGKILL)
    run.join(60)
    # as if it had died before it recorded the driver's id
    key = lease_key(work.asset, work.version)
    stored = stage.lake.read(key)
    assert stored
    known = lease(stage, work)
    where = {name: known.location[name] for name in ("host", "folder")}
    assert stage.lake.swap(key, as_json(replace(known, location=where).as_json()), stored.etag)
    release(stage)

    outcome = stage.launcher().launch(work, LOG)

    assert outcome.report.attempt == 1
    assert len(list(Path(where["folder"]).parent.iterdir())) == 1


def test_a_cancelled_run_leaves_no_process(stage: Stage) -> None:
    work = stage.work("cancelled", until=NEVER)
    run = stage.launch_elsewhere(work)
    driver = started(stage, work)
    assert run.pid

    os.kill(run.pid, signal.SIGINT)
    run.join(60)

    assert not session_members(driver)


def test_a_driver_of_another_machine_that_is_gone_is_replaced(stage: Stage) -> None:
    work = stage.work("elsewhere")
    file = LeaseFile(stage.lake, lease_key(work.asset, work.version))
    held = file.acquire("a run of another machine")
    assert held
    with held.renewing(LOG):
        held.record(host="other boot namespace", folder="/there", pid="1")
        held.detach()

    assert stage.launcher().launch(work, LOG).report.attempt == 2


def test_a_driver_is_lost_even_if_its_executors_can_not_be_deleted(
    attempt: Attempt,
    driver: Driver,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setitem(sys.modules, "kubernetes", None)
    job = ClientJob(config_of({**PODS, "deploy_mode": "client"}), attempt, PACE)
    driver.end()
    assert not session_members(driver.pid)
    (driver.log.parent / "exit.json").unlink(missing_ok=True)

    status = job.status()
    assert status and status.outcome is JobOutcome.LOST
    assert isinstance(job.failure(status, None), LostError)
    assert "pods of executors may be left: the package kubernetes is missing" in caplog.text


def test_a_job_that_runs_too_long_is_ended(stage: Stage) -> None:
    stage = with_fields(stage, step_limit_seconds=1)

    with pytest.raises(LaunchError, match="the job ran into its time limit") as raised:
        stage.launcher().launch(stage.work("slow", until=NEVER), LOG)

    assert "raise EMR_ML_STEP_LIMIT_SECONDS" in str(raised.value)


@pytest.mark.parametrize(
    ("says", "advice"),
    [
        ("All masters are unresponsive! Giving up.", "check EMR_ML_SPARK_SUBMIT__MASTER"),
        ('Cannot run program "/usr/bin/python9"', "set EMR_ML_SPARK_SUBMIT__PYTHON"),
        ("Master removed our application: KILLED", "somebody ended the application"),
        ("java.lang.OutOfMemoryError: Java heap space", "out of memory: give the driver"),
        ("No module named numpy", "PYTHON needs the packages of"),
        ("(AccessDenied) when calling GetObject", "refuses the keys that jobs use"),
    ],
)
def test_a_failure_before_the_job_begins_shows_the_log_and_what_to_do(
    stage: Stage, says: str, advice: str
) -> None:
    stage = spark_submit(stage, f"echo '{says}' >&2; exit 1")

    with pytest.raises(LaunchError) as raised:
        stage.launcher().launch(stage.work("refused"), LOG)

    assert says in str(raised.value) and advice in str(raised.value)
    assert "/drivers/" in raised.value.metadata["log"]


def test_a_spark_submit_that_can_not_be_started_is_told_so(stage: Stage) -> None:
    path = Path(stage.settings["spark_submit_fields"]["spark_home"], "bin", "spark-submit")
    path.chmod(0o644)

    with pytest.raises(LaunchError) as raised:
        stage.launcher().launch(stage.work("refused"), LOG)

    told = str(raised.value)
    assert "spark-submit can't be started (exit code 127)" in told
    assert f"  {path} can't be started: Permission denied" in told
    assert "check spark_home" in told


def test_a_spark_submit_without_a_job_is_no_success(stage: Stage) -> None:
    stage = spark_submit(stage, "exit 0")

    with pytest.raises(LaunchError, match="output missing: the job ended well, but left no report"):
        stage.launcher().launch(stage.work("nothing"), LOG)


def test_no_secret_is_in_an_argument_or_left_on_disk(stage: Stage) -> None:
    stage = with_fields(stage, spark_conf={"spark.ssl.keyPassword": "hunter2"})
    work = stage.work("secret", until=RELEASED)
    run = stage.launch_elsewhere(work)
    driver = started(stage, work)
    arguments = [psutil.Process(pid).cmdline() for pid in session_members(driver)]
    release(stage)
    run.join(60)

    assert len(arguments) >= 2 and "hunter2" not in str(arguments)
    assert "#1" in str(arguments)
    written = Path(stage.settings["spark_submit_fields"]["folder"]).rglob("*")
    assert not [each for each in written if each.is_file() and b"hunter2" in each.read_bytes()]
