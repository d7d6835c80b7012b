"""A launcher may die at any moment: there is one application, and each attempt is one job run."""

import signal
from typing import TYPE_CHECKING

import pytest

from emr_ml_tests.emulator import faults
from emr_ml_tests.launchers.emr.elsewhere import Death
from emr_ml_tests.launchers.remote.services import SERVERLESS

if TYPE_CHECKING:
    from emr_ml.lake.versions import VersionSpec
    from emr_ml_tests.launchers.emr.stage import Stage, Staging

HIDDEN = 100.0  # emulated seconds, less than a launcher waits for what may be hidden


def check_once(stage: "Stage", work: "VersionSpec") -> None:
    """Assert that it is committed, was computed once, and that there is one application."""
    assert stage.committed_attempt(work) == 1
    assert len(SERVERLESS.job_runs(stage, work)) == 1
    assert len(stage.aws.serverless.applications) == 1


def test_an_application_whose_answer_is_lost_is_not_created_twice(serverless: "Staging") -> None:
    fault = faults.lost_answer("CreateApplication", times=2)
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
    assert SERVERLESS.states(stage, work) == ["SUCCESS", "SUCCESS"]
    assert len(set(SERVERLESS.tokens(stage, work))) == 2
