"""A cancelled launch ends what it started, and nothing else."""

import logging
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from emr_ml_tests.emulator import faults
from emr_ml_tests.emulator.examples import a_step
from emr_ml_tests.waiting import wait_until

if TYPE_CHECKING:
    from emr_ml.lake.versions import VersionSpec
    from emr_ml_tests.launchers.emr.stage import Stage, Staging

HIDDEN = 100.0  # emulated seconds, less than a launcher waits for what may be hidden


class Interrupting(logging.Handler):
    """Interrupts the launch at a log message, as a signal may do at any moment."""

    def __init__(self, words: str, happens: Callable[[], object] = lambda: None) -> None:
        super().__init__()
        self._words, self._happens = words, happens

    def emit(self, record: logging.LogRecord) -> None:
        if self._words in record.getMessage() and threading.current_thread() is self.thread:
            self._words = "nothing more"
            self._happens()
            raise KeyboardInterrupt

    thread = threading.main_thread()


@contextmanager
def interrupted_at(words: str, happens: Callable[[], object] = lambda: None) -> Generator[None]:
    """Interrupt a launch in the block when it logs that message.

    Args:
        happens: something that is to happen just before.
    """
    log, handler = logging.getLogger("launch"), Interrupting(words, happens)
    level = log.level
    log.setLevel(logging.INFO)
    log.addHandler(handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            yield
    finally:
        log.removeHandler(handler)
        log.setLevel(level)


def check_over(stage: "Stage", work: "VersionSpec") -> None:
    """Assert that nothing runs, nothing was committed, and the next launch starts a new attempt."""
    assert not any(step.active for step in stage.steps(work))
    assert stage.committed_attempt(work) is None
    lease = stage.lease(work)
    assert lease and lease.status == "ended"


def test_a_step_that_waits_is_cancelled(stage: "Stage") -> None:
    work = stage.work()

    with interrupted_at("its log will be in"):
        stage.launch(work)

    check_over(stage, work)
    assert stage.states(work) == ["CANCELLED"]
    assert stage.begun(work) == []


def test_a_step_that_runs_is_cancelled(stage: "Stage") -> None:
    work = stage.work(seconds=60)

    with interrupted_at("asked for nothing"):
        stage.launch(work)

    check_over(stage, work)
    assert stage.states(work) == ["CANCELLED"]


def test_a_cancelled_version_can_be_launched_again(stage: "Stage") -> None:
    work = stage.work()
    with interrupted_at("its log will be in"):
        stage.launch(work)

    assert stage.launch(work).report.attempt == 2


def test_other_steps_of_the_cluster_continue(stage: "Stage") -> None:
    side_by_side = stage.with_settings(cluster_fields={"step_concurrency": 2})
    other = side_by_side.work(seconds=3)
    running = side_by_side.launch_aside(other)
    wait_until(lambda: side_by_side.begun(other))
    waiting = side_by_side.aws.client("emr").add_job_flow_steps(
        JobFlowId=side_by_side.only_cluster().id, Steps=[a_step("pending", "true")]
    )["StepIds"][0]

    with interrupted_at("asked for nothing"):
        side_by_side.launch(side_by_side.work(seconds=60))

    running.join()
    assert running.outcome
    wait_until(lambda: {step.id: step.state for step in stage.aws.steps}[waiting] == "COMPLETED")


def test_a_step_that_ignores_signals_is_killed(staging: "Staging") -> None:
    stage = staging(faults.hung_step(how="stopped"))
    work = stage.work()

    with interrupted_at("step s-", lambda: wait_until(lambda: "RUNNING" in stage.states(work))):
        stage.launch(work)

    check_over(stage, work)


def test_a_step_that_somebody_else_is_cancelling_is_cancelled(stage: "Stage") -> None:
    work = stage.work(seconds=60)

    def cancel() -> None:
        step = stage.steps(work)[0]
        stage.aws.client("emr").cancel_steps(ClusterId=step.cluster, StepIds=[step.id])

    with interrupted_at("asked for nothing", cancel):
        stage.launch(work)

    check_over(stage, work)


def test_cancelling_a_step_that_has_just_ended_is_harmless(
    stage: "Stage", caplog: pytest.LogCaptureFixture
) -> None:
    work = stage.work()

    with interrupted_at(
        "is RUNNING", lambda: wait_until(lambda: stage.states(work) == ["COMPLETED"])
    ):
        stage.launch(work)

    assert stage.committed_attempt(work) == 1
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert stage.launch(work).reused


def test_a_step_is_cancelled_though_emr_is_slow_to_answer(staging: "Staging") -> None:
    stage = staging(faults.throttle("CancelSteps"), faults.lost_answer("CancelSteps", skip=0))
    work = stage.work(seconds=60)

    with interrupted_at("asked for nothing"):
        stage.launch(work)

    check_over(stage, work)


@pytest.mark.parametrize("hidden", [0.0, HIDDEN])
def test_a_step_whose_submission_was_not_answered_yet_is_cancelled(
    staging: "Staging", hidden: float
) -> None:
    stage = staging(faults.lost_answer("AddJobFlowSteps"), faults.hidden_steps(hidden))
    work = stage.work(seconds=60)

    with interrupted_at("Looking whether the step was accepted"):
        stage.launch(work)

    check_over(stage, work)


def test_a_step_that_is_not_listed_yet_is_cancelled(staging: "Staging") -> None:
    stage = staging(faults.hidden_steps(HIDDEN))
    work = stage.work(seconds=60)

    with interrupted_at("submitted step"):
        stage.launch(work)

    check_over(stage, work)


def test_a_step_that_was_sent_twice_is_cancelled_twice(staging: "Staging") -> None:
    stage = staging(
        faults.lost_answer("AddJobFlowSteps"), faults.hidden_steps(150.0, times=1)
    ).with_settings(visibility_seconds=0.5)
    work = stage.work(seconds=60)

    with interrupted_at("asked for nothing"):
        stage.launch(work)

    assert len(stage.steps(work)) == 2
    check_over(stage, work)


@pytest.mark.parametrize(("scope", "alive"), [("shared", 1), ("run", 0)])
def test_a_cluster_without_a_step_is_ended_if_it_is_the_run_s_own(
    staging: "Staging", scope: str, alive: int
) -> None:
    stage = staging(faults.throttle("AddJobFlowSteps"), settings={"cluster_scope": scope})

    with interrupted_at("emr failed with ThrottlingException"):
        stage.launch()

    wait_until(lambda: len(stage.aws.alive) == alive)


@pytest.mark.parametrize("hidden", [0.0, HIDDEN])
def test_a_cluster_that_was_just_started_is_used_by_the_next_launch(
    staging: "Staging", hidden: float
) -> None:
    stage = staging(faults.hidden_clusters(hidden))
    work = stage.work()

    with interrupted_at("started cluster"):
        stage.launch(work)
    stage.launch(work)

    assert len(stage.aws.clusters) == 1


def test_a_cluster_whose_start_was_not_answered_yet_is_used_by_the_next_launch(
    staging: "Staging",
) -> None:
    stage = staging(faults.lost_answer("RunJobFlow"), faults.hidden_clusters(HIDDEN))
    work = stage.work()

    with interrupted_at("Looking whether the cluster was started"):
        stage.launch(work)
    stage.launch(work)

    assert len(stage.aws.clusters) == 1


def test_a_launch_that_follows_another_s_attempt_leaves_it_alone(stage: "Stage") -> None:
    work = stage.work(seconds=2)
    computing = stage.launch_aside(work)
    wait_until(lambda: stage.begun(work))

    with interrupted_at("following attempt 1"):
        stage.launch(work)

    computing.join()
    assert computing.outcome and computing.outcome.report.attempt == 1


def test_an_interrupt_is_reported_as_such_even_if_emr_does_not_answer(staging: "Staging") -> None:
    stage = staging().with_settings(api_patience_seconds=2.0)
    work = stage.work(seconds=60)
    never = faults.throttle("elasticmapreduce:*", times=1000)

    with interrupted_at("asked for nothing", lambda: stage.aws.faults.add(never)):
        stage.launch(work)
