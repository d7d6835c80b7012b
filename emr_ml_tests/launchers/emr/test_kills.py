"""A launcher may die at any moment: whoever launches next goes on from there."""

import os
import signal
from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING, Any

import pytest

from emr_ml_tests.emulator import faults
from emr_ml_tests.emulator.examples import until
from emr_ml_tests.launchers.emr.elsewhere import OK, Death

if TYPE_CHECKING:
    from emr_ml.launchers.base import Work
    from emr_ml_tests.launchers.emr.stage import Stage, Staging

HIDDEN = 100.0  # emulated seconds, less than a launcher waits for what may be hidden


def kill(process: BaseProcess) -> None:
    assert process.pid
    os.kill(process.pid, signal.SIGKILL)
    process.join()


def check_once(stage: "Stage", *works: "Work") -> None:
    """Each is committed, none was computed twice, and one cluster did it."""
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
