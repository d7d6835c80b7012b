"""A launcher may die at any moment, and lose its answers: each attempt is one job run."""

import os
import signal
from typing import TYPE_CHECKING

import pytest

from emr_ml_tests.emulator import faults
from emr_ml_tests.launchers.emr.elsewhere import CANCELLED, Death
from emr_ml_tests.launchers.serverless.stage import job_runs, states, tokens
from emr_ml_tests.waiting import wait_until

if TYPE_CHECKING:
    from emr_ml.lake.versions import VersionSpec
    from emr_ml_tests.emulator.faults import Fault
    from emr_ml_tests.launchers.emr.stage import Stage, Staging

HIDDEN = 100.0  # emulated seconds, less than a launcher waits for what may be hidden


def check_once(stage: "Stage", work: "VersionSpec") -> None:
    """Assert that it is committed, was computed once, and that there is one application."""
    assert stage.committed_attempt(work) == 1
    assert len(job_runs(stage, work)) == 1
    assert len(stage.aws.serverless.applications) == 1


@pytest.mark.parametrize(
    "fault",
    [
        faults.lost_answer("StartJobRun", times=2),
        faults.lost_answer("CreateApplication", times=2),
        pytest.param(faults.cut("StartJobRun"), marks=pytest.mark.soak),
        pytest.param(faults.throttle("StartJobRun", times=3), marks=pytest.mark.soak),
        pytest.param(faults.server_error("StartJobRun"), marks=pytest.mark.soak),
    ],
    ids=lambda fault: f"{fault.kind} {fault.of}",
)
def test_a_request_whose_answer_is_lost_is_sent_again(
    serverless: "Staging", fault: "Fault"
) -> None:
    stage = serverless(fault, faults.hidden_applications(HIDDEN))
    work = stage.work()

    stage.launch(work)

    check_once(stage, work)
    assert stage.aws.faults.count(fault.kind)


@pytest.mark.parametrize(
    "death",
    [
        pytest.param(Death("CreateApplication", "before"), marks=pytest.mark.soak),
        Death("CreateApplication", "after"),
        Death("StartJobRun", "before"),
        Death("StartJobRun", "after"),
        pytest.param(Death("PutObject */claim.json", "after", 2), marks=pytest.mark.soak),
        pytest.param(Death("PutObject */claim.json", "after", 5), marks=pytest.mark.soak),
        pytest.param(Death("PutObject */claim.json", "before", 6), marks=pytest.mark.soak),
    ],
    ids=lambda death: f"{death.when} {death.of} {death.nth}",
)
def test_a_launcher_that_dies_before_it_follows_loses_nothing(
    serverless: "Staging", death: Death
) -> None:
    stage = serverless(faults.hidden_applications(HIDDEN))
    work = stage.work()
    dead = stage.launch_elsewhere(work, dies=death)
    dead.join()
    assert dead.exitcode == -signal.SIGKILL

    stage.launch(work)

    check_once(stage, work)


def test_a_request_that_was_sent_is_sent_again_as_it_was(serverless: "Staging") -> None:
    stage = serverless()
    work = stage.work()
    dead = stage.launch_elsewhere(work, dies=Death("StartJobRun", "after"))
    dead.join()
    assert dead.exitcode == -signal.SIGKILL
    changed = stage.settings.serverless_fields | {"driver": {"cores": 2, "memory_gb": 4}}

    # other parameters with the same token would be refused
    stage.with_settings(serverless_fields=changed).launch(work)

    check_once(stage, work)


def test_a_new_attempt_has_a_token_of_its_own_even_in_a_lake_that_was_emptied(
    serverless: "Staging",
) -> None:
    stage = serverless()
    work = stage.work()
    stage.launch(work)
    for entry in list(stage.lake.list(f"{work.asset}/{work.version}/")):
        stage.lake.remove(entry.key)

    stage.launch(work)

    assert stage.committed_attempt(work) == 1
    assert states(stage, work) == ["SUCCESS", "SUCCESS"]
    assert len(set(tokens(stage, work))) == 2


@pytest.mark.parametrize(
    "state",
    [
        "SUBMITTED",
        "RUNNING",
        *(pytest.param(state, marks=pytest.mark.soak) for state in ("PENDING", "SCHEDULED")),
    ],
)
def test_a_cancelled_run_leaves_no_job_run_in_any_state(serverless: "Staging", state: str) -> None:
    # a job run that has been submitted has not begun to start
    slow = () if state == "SUBMITTED" else (faults.slow_start(120.0),)
    stage = serverless(*slow, speed=60.0)
    work = stage.work(seconds=60)
    process = stage.launch_elsewhere(work)
    wait_until(lambda: state in states(stage, work))
    assert process.pid

    os.kill(process.pid, signal.SIGINT)
    process.join()

    assert process.exitcode == CANCELLED
    assert states(stage, work) == ["CANCELLED"]


@pytest.mark.soak
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_run_cancelled_around_its_submission_leaves_no_job_run(
    serverless: "Staging", when: str
) -> None:
    stage = serverless()
    work = stage.work(seconds=60)
    death = Death("StartJobRun", "before" if when == "before" else "after", by=signal.SIGINT)
    process = stage.launch_elsewhere(work, dies=death)

    process.join()

    assert process.exitcode == CANCELLED
    # before the call there is none, unless it is sent once more to learn the id of what to cancel
    assert states(stage, work) in ([], ["CANCELLED"])
    assert when == "before" or states(stage, work)
