"""What goes wrong with job runs, on every service that has them: no work is lost or done twice."""

import os
import signal
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from emr_ml.launchers.base import LaunchError
from emr_ml_tests.emulator import faults
from emr_ml_tests.launchers.emr.elsewhere import CANCELLED, Death
from emr_ml_tests.launchers.remote.services import EKS, SERVERLESS, Service
from emr_ml_tests.waiting import wait_until

if TYPE_CHECKING:
    from emr_ml.lake.versions import VersionSpec
    from emr_ml_tests.emulator.faults import Fault
    from emr_ml_tests.launchers.emr.stage import Stage, Staging

HIDDEN = 100.0  # emulated seconds, less than a launcher waits for what may be hidden
both = pytest.mark.parametrize("service", [SERVERLESS, EKS], ids=lambda one: one.deployment)


def message(stage: "Stage", work: "VersionSpec") -> str:
    """Return why the work failed."""
    with pytest.raises(LaunchError) as failed:
        stage.launch(work)
    return str(failed.value)


@both
@pytest.mark.parametrize(
    "fault",
    [
        faults.lost_answer("StartJobRun", times=2),
        pytest.param(faults.cut("StartJobRun"), marks=pytest.mark.soak),
        pytest.param(faults.throttle("StartJobRun", times=3), marks=pytest.mark.soak),
        pytest.param(faults.server_error("StartJobRun"), marks=pytest.mark.soak),
    ],
    ids=lambda fault: fault.kind,
)
def test_a_request_whose_answer_is_lost_is_sent_again(
    staging: "Staging", service: Service, fault: "Fault"
) -> None:
    # a fault counts how often it was met
    stage = service.open(staging, replace(fault))
    work = stage.work()

    stage.launch(work)

    assert stage.aws.faults.count(fault.kind)
    assert stage.committed_attempt(work) == 1
    assert len(service.job_runs(stage, work)) == 1


@pytest.mark.parametrize(
    ("service", "when"),
    [
        (SERVERLESS, "before"),
        (SERVERLESS, "after"),
        pytest.param(EKS, "before", marks=pytest.mark.soak),
        (EKS, "after"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.deployment,
)
def test_a_request_that_was_recorded_is_sent_as_it_was(
    staging: "Staging", service: Service, when: str
) -> None:
    hidden = (faults.hidden_applications(HIDDEN),) if service is SERVERLESS else ()
    stage = service.open(staging, *hidden)
    work = stage.work()
    death = Death("StartJobRun", "before" if when == "before" else "after")
    dead = stage.launch_elsewhere(work, dies=death)
    dead.join()
    assert dead.exitcode == -signal.SIGKILL

    # other parameters with the same token would be refused
    service.with_changed_request(stage).launch(work)

    assert stage.committed_attempt(work) == 1
    assert len(service.job_runs(stage, work)) == 1


@both
def test_a_passing_failure_costs_an_attempt_and_the_next_has_a_token_of_its_own(
    staging: "Staging", service: Service
) -> None:
    stage = service.open(staging, service.passing_failure())
    work = stage.work()

    stage.launch(work)

    assert stage.committed_attempt(work) == 2
    assert service.states(stage, work)[0] == "FAILED"
    assert len(set(service.tokens(stage, work))) == 2


@pytest.mark.parametrize(
    ("service", "state"),
    [
        (SERVERLESS, "SUBMITTED"),
        *(
            pytest.param(SERVERLESS, state, marks=pytest.mark.soak)
            for state in ("PENDING", "SCHEDULED", "RUNNING")
        ),
        (EKS, "RUNNING"),
        *(pytest.param(EKS, state, marks=pytest.mark.soak) for state in ("PENDING", "SUBMITTED")),
    ],
    ids=lambda value: value if isinstance(value, str) else value.deployment,
)
def test_a_cancelled_run_leaves_no_job_run_in_any_state(
    staging: "Staging", service: Service, state: str
) -> None:
    # on EMR Serverless, a job run that has been submitted has not begun to start
    starts = service is EKS or state != "SUBMITTED"
    stage = service.open(staging, *([faults.slow_start(120.0)] if starts else []), speed=60.0)
    work = stage.work(seconds=60)
    process = stage.launch_elsewhere(work)
    wait_until(lambda: state in service.states(stage, work))
    assert process.pid

    os.kill(process.pid, signal.SIGINT)
    process.join()

    assert process.exitcode == CANCELLED
    assert service.states(stage, work) == ["CANCELLED"]


@pytest.mark.soak
@both
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_run_cancelled_around_its_submission_leaves_no_job_run(
    staging: "Staging", service: Service, when: str
) -> None:
    stage = service.open(staging)
    work = stage.work(seconds=60)
    death = Death("StartJobRun", "before" if when == "before" else "after", by=signal.SIGINT)
    process = stage.launch_elsewhere(work, dies=death)

    process.join()

    assert process.exitcode == CANCELLED
    # before the call there is none, unless it is sent once more to learn the id of what to cancel
    assert service.states(stage, work) in ([], ["CANCELLED"])
    assert when == "before" or service.states(stage, work)


@both
def test_a_job_past_its_time_limit_says_so(staging: "Staging", service: Service) -> None:
    # EMR Serverless counts whole minutes, but emulated ones are short
    seconds = 2 if service.is_eks else 61
    stage = service.open(staging, settings={"step_limit_seconds": seconds})

    told = message(stage, stage.work(seconds=60))

    assert "ran into its time limit" in told
    assert "raise EMR_ML_STEP_LIMIT_SECONDS" in told


@pytest.mark.soak
@both
def test_the_log_of_a_driver_that_ended_is_quoted(staging: "Staging", service: Service) -> None:
    stage = service.open(staging)
    stage.put_job("exits", "import sys\nsys.exit('the native library crashed')\n")

    told = message(stage, stage.work("exits"))

    assert "(exit code 1)" in told
    assert "  the native library crashed" in told


@pytest.mark.soak
@both
def test_a_job_that_somebody_else_cancels_says_so(staging: "Staging", service: Service) -> None:
    stage = service.open(staging)
    work = stage.work(seconds=60)
    running = stage.launch_aside(work)
    wait_until(lambda: service.states(stage, work) == ["RUNNING"])
    (job,) = service.job_runs(stage, work)

    service.cancel(stage, job)

    running.join()
    assert "cancelled outside of this run" in str(running.error)
    assert len(service.job_runs(stage, work)) == 1
