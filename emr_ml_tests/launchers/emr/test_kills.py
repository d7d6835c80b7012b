"""A launcher may die at any moment, and the next launch continues from there."""

import logging
import os
import random
import signal
import threading
from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING

import pytest

from emr_ml.launchers.base import LaunchError
from emr_ml_tests.emulator import faults
from emr_ml_tests.launchers.emr.elsewhere import CANCELLED, OK, Death
from emr_ml_tests.waiting import wait_until

if TYPE_CHECKING:
    from emr_ml.lake.versions import VersionSpec
    from emr_ml_tests.launchers.emr.stage import Stage, Staging

HIDDEN = 100.0  # emulated seconds, less than a launcher waits for what may be hidden


def kill(process: BaseProcess) -> None:
    """Kill a process that still runs."""
    process.kill()
    process.join()
    assert process.exitcode == -signal.SIGKILL


def check_once(stage: "Stage", *works: "VersionSpec") -> None:
    """Assert that each is committed, none was computed twice, and one cluster was used."""
    for work in works:
        attempt = stage.committed_attempt(work)
        assert attempt
        assert stage.begun(work) == [attempt]
    assert len(stage.aws.clusters) == 1


@pytest.mark.parametrize(
    "death",
    [
        Death("PutObject */claim.json", "after", 1),
        Death("PutObject */request.json", "before"),
        Death("PutObject */clusters/*/claim.json", "after", 2),
        Death("RunJobFlow", "before"),
        Death("RunJobFlow", "after"),
        Death("AddJobFlowSteps", "before"),
        Death("AddJobFlowSteps", "after"),
        Death("PutObject */claim.json", "before", 7),
    ],
    ids=lambda death: f"{death.when} {death.of} {death.nth}",
)
def test_a_launcher_that_dies_before_it_follows_loses_nothing(
    staging: "Staging", death: Death
) -> None:
    stage = staging(faults.hidden_clusters(HIDDEN), faults.hidden_steps(HIDDEN))
    work = stage.work()
    dead = stage.launch_elsewhere(work, dies=death)
    dead.join()
    assert dead.exitcode == -signal.SIGKILL

    stage.launch(work)

    check_once(stage, work)
    assert len(stage.steps(work)) == 1


def test_a_step_whose_launcher_died_is_adopted_and_its_log_is_read_from_the_start(
    stage: "Stage", caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="launch")
    work = stage.work(seconds=2)
    first = stage.launch_elsewhere(work)
    wait_until(lambda: stage.begun(work))
    kill(first)

    stage.launch(work)

    check_once(stage, work)
    assert len(stage.steps(work)) == 1
    assert caplog.messages.count("asked for nothing") == 1


def test_a_result_committed_while_no_launcher_ran_is_used(stage: "Stage") -> None:
    work = stage.work(seconds=1)
    first = stage.launch_elsewhere(work)
    wait_until(lambda: stage.begun(work))
    kill(first)
    wait_until(lambda: stage.states(work) == ["COMPLETED"])

    assert stage.launch(work).reused


def test_a_failure_while_no_launcher_ran_is_retried(stage: "Stage") -> None:
    work = stage.work(seconds=1, fails="by itself")
    first = stage.launch_elsewhere(work)
    wait_until(lambda: stage.begun(work))
    kill(first)
    wait_until(lambda: stage.states(work) == ["FAILED"])

    with pytest.raises(LaunchError, match="attempt 2 of conformance_job failed: the job broke"):
        stage.launch(work)

    assert stage.begun(work) == [1, 2]


def test_a_step_lost_while_no_launcher_ran_is_retried(staging: "Staging") -> None:
    is_killed = threading.Event()
    stage = staging(faults.instance_failure(after=is_killed))
    work = stage.work(seconds=5)
    first = stage.launch_elsewhere(work)
    wait_until(lambda: stage.begun(work))
    kill(first)
    is_killed.set()
    wait_until(lambda: not stage.aws.alive)

    assert stage.launch(work).report.attempt == 2


def test_concurrent_processes_share_one_cluster_and_one_step_per_version(
    staging: "Staging",
) -> None:
    stage = staging(faults.hidden_clusters(HIDDEN), faults.hidden_steps(HIDDEN))
    works = [stage.work(), stage.work()]
    runs = [stage.launch_elsewhere(work) for work in works for _ in range(2)]

    for run in runs:
        run.join()

    assert [run.exitcode for run in runs] == [OK] * 4
    check_once(stage, *works)
    assert [len(stage.steps(work)) for work in works] == [1, 1]


def test_a_process_that_is_interrupted_ends_its_step(stage: "Stage") -> None:
    work = stage.work(seconds=60)
    run = stage.launch_elsewhere(work)
    wait_until(lambda: stage.begun(work))
    assert run.pid

    os.kill(run.pid, signal.SIGINT)

    run.join()
    assert run.exitcode == CANCELLED
    assert stage.states(work) == ["CANCELLED"]


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.soak)])
def test_launchers_that_die_again_and_again_lose_nothing(staging: "Staging", seed: int) -> None:
    stage = staging(
        faults.hidden_clusters(HIDDEN),
        faults.hidden_steps(HIDDEN),
        # on a busy machine the next launcher may come late by the emulated clock
        settings={"idle_timeout_seconds": 1200},
    )
    chance = random.Random(seed)
    work = stage.work(seconds=2)
    for _ in range(4):
        launched = stage.launch_elsewhere(work)
        launched.join(chance.uniform(0.05, 1.5))
        launched.kill()
        launched.join()

    stage.launch(work)

    check_once(stage, work)
    assert len(stage.steps(work)) == 1
    stage.wait_for_idle_end()
