"""What goes wrong with job runs on EKS: the right cause, and no work done twice."""

import os
import signal
from typing import TYPE_CHECKING

import pytest

from emr_ml.launchers.base import LaunchError
from emr_ml_tests.emulator import faults
from emr_ml_tests.launchers.emr.elsewhere import CANCELLED, Death
from emr_ml_tests.waiting import wait_until

if TYPE_CHECKING:
    from emr_ml.lake.versions import VersionSpec
    from emr_ml_tests.emulator.faults import Fault
    from emr_ml_tests.emulator.job_runs import JobRun
    from emr_ml_tests.launchers.emr.stage import Stage, Staging


def job_runs(stage: "Stage", work: "VersionSpec") -> "list[JobRun]":
    """Return all job runs that were ever started for the version, oldest first."""
    name = f"{work.asset}/{work.version[:16]}/"
    return [job for job in stage.aws.eks.job_runs if job.name.startswith(name)]


def states(stage: "Stage", work: "VersionSpec") -> list[str]:
    return [job.state for job in job_runs(stage, work)]


def message(stage: "Stage", work: "VersionSpec") -> str:
    """Return why the work failed."""
    with pytest.raises(LaunchError) as failed:
        stage.launch(work)
    return str(failed.value)


@pytest.mark.parametrize(
    "fault",
    [
        faults.lost_answer("StartJobRun", times=2),
        pytest.param(faults.throttle("StartJobRun", times=3), marks=pytest.mark.soak),
    ],
    ids=lambda fault: fault.kind,
)
def test_a_request_whose_answer_is_lost_is_sent_again(eks: "Staging", fault: "Fault") -> None:
    stage = eks(fault)
    work = stage.work()

    stage.launch(work)

    assert states(stage, work) in (["RUNNING"], ["COMPLETED"])
    assert stage.committed_attempt(work) == 1
    assert stage.aws.faults.count(fault.kind)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_launcher_that_dies_at_the_submission_loses_nothing(eks: "Staging", when: str) -> None:
    stage = eks()
    work = stage.work()
    death = Death("StartJobRun", "before" if when == "before" else "after")
    dead = stage.launch_elsewhere(work, dies=death)
    dead.join()
    assert dead.exitcode == -signal.SIGKILL
    changed = stage.settings.eks_fields | {"driver": {"cores": 1}}

    stage.with_settings(eks_fields=changed).launch(work)

    assert stage.committed_attempt(work) == 1
    assert len(job_runs(stage, work)) == 1


@pytest.mark.parametrize(
    "state",
    [
        "RUNNING",
        *(pytest.param(state, marks=pytest.mark.soak) for state in ("PENDING", "SUBMITTED")),
    ],
)
def test_a_cancelled_run_leaves_no_job_run_in_any_state(eks: "Staging", state: str) -> None:
    stage = eks(faults.slow_start(120.0), speed=60.0)
    work = stage.work(seconds=60)
    process = stage.launch_elsewhere(work)
    wait_until(lambda: state in states(stage, work))
    assert process.pid

    os.kill(process.pid, signal.SIGINT)
    process.join()

    assert process.exitcode == CANCELLED
    assert states(stage, work) == ["CANCELLED"]


def test_a_job_past_its_time_limit_ends_itself(eks: "Staging") -> None:
    stage = eks(settings={"step_limit_seconds": 2})
    work = stage.work(seconds=60)

    told = message(stage, work)

    assert "ran into its time limit" in told
    assert "raise EMR_ML_STEP_LIMIT_SECONDS" in told
    assert states(stage, work) == ["FAILED"]


@pytest.mark.soak
def test_a_job_whose_pods_are_not_started_is_cancelled(eks: "Staging") -> None:
    stage = eks(faults.slow_start(36_000.0), fields={"start_limit_seconds": 2})
    work = stage.work()

    told = message(stage, work)

    assert "was SUBMITTED for" in told
    assert "no node has room for them" in told
    assert states(stage, work) == ["CANCELLED"]


def test_a_failure_of_the_service_costs_an_attempt_with_a_token_of_its_own(
    eks: "Staging",
) -> None:
    stage = eks(faults.early_failure(reason="CLUSTER_UNAVAILABLE", stderr="no API server"))
    work = stage.work()

    stage.launch(work)

    assert stage.committed_attempt(work) == 2
    jobs = job_runs(stage, work)
    assert jobs[0].state == "FAILED"
    assert jobs[0].request["clientToken"] != jobs[1].request["clientToken"]


def test_a_job_that_fails_before_python_starts_shows_the_log_of_spark_submit(
    eks: "Staging",
) -> None:
    stage = eks(faults.early_failure(reason="USER_ERROR", stderr="pods is forbidden"))
    work = stage.work()

    told = message(stage, work)

    assert "USER_ERROR" in told
    assert "  pods is forbidden" in told
    assert len(job_runs(stage, work)) == 1


@pytest.mark.soak
def test_the_log_of_a_driver_that_ended_is_quoted(eks: "Staging") -> None:
    stage = eks()
    stage.put_job("exits", "import sys\nsys.exit('the native library crashed')\n")

    told = message(stage, stage.work("exits"))

    assert "(exit code 1)" in told
    assert "  the native library crashed" in told


@pytest.mark.soak
def test_a_job_that_somebody_else_cancels_says_so(eks: "Staging") -> None:
    stage = eks()
    work = stage.work(seconds=60)
    running = stage.launch_aside(work)
    wait_until(lambda: states(stage, work) == ["RUNNING"])
    (job,) = job_runs(stage, work)

    stage.aws.client("emr-containers").cancel_job_run(virtualClusterId=job.owner, id=job.id)

    running.join()
    assert "cancelled outside of this run" in str(running.error)


@pytest.mark.soak
def test_a_virtual_cluster_that_is_missing_or_ambiguous_is_told(eks: "Staging") -> None:
    stage = eks(fields={"virtual_cluster_name": "ours"})
    missing = message(stage, stage.work())
    for _ in range(2):
        stage.aws.eks.add_virtual_cluster("ours")

    assert "no virtual cluster is RUNNING with the name ours" in missing
    assert "2 virtual clusters are RUNNING with the name ours" in message(stage, stage.work())
