"""What a run says of a job that goes on without it, and what it leaves alone."""

import logging
import uuid
from collections.abc import Callable
from dataclasses import replace

import pytest

from emr_ml.aws.client import UnansweredError
from emr_ml.errors import UserError
from emr_ml.lake.leases import LeaseFile
from emr_ml.lake.versions import VersionSpec
from emr_ml.launchers.base import DetachedError, LaunchError
from emr_ml.launchers.remote.launcher import RemoteLauncher
from emr_ml.launchers.remote.polling import Answers, PollingPolicy
from emr_ml.launchers.remote.target import Attempt, JobLocation, JobStatus, RemoteJob
from spark_jobs.runtime.attempt import Failure, SupersededError, read_failure
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.report import lease_key

LOG = logging.getLogger("launch")
PACE = PollingPolicy(fast=0.01, slow=0.02, visibility=0.1, patience=0.5)


def nothing() -> None:
    """What most steps of a job do here."""


class ScriptedJob(RemoteJob):
    """A job whose steps do what a test says."""

    def __init__(
        self,
        attempt: Attempt,
        *,
        submits: Callable[[], None] = nothing,
        looks: Callable[[], None] = nothing,
        cancels: Callable[[], None] = nothing,
    ) -> None:
        self._attempt, self._answers = attempt, Answers()
        self._submits, self._looks, self._cancels = submits, looks, cancels

    @property
    def location(self) -> JobLocation:
        return JobLocation("metrics", 1, "job 7 of the fake", "s3://logs/7")

    @property
    def is_submitted(self) -> bool:
        return "job" in self._attempt.location

    def submit(self) -> None:
        self._submits()
        self._attempt.held.record(job="7")

    def status(self) -> JobStatus | None:
        self._looks()

    @property
    def answers(self) -> Answers:
        return self._answers

    def failure(self, status: JobStatus, recorded: Failure | None) -> LaunchError | None:
        raise AssertionError(f"no job fails here: {status}, {recorded}")

    def cancel(self) -> None:
        self._cancels()


class ScriptedLauncher(RemoteLauncher):
    """Makes jobs whose steps do what a test says."""

    def __init__(self, lake: Lake, **steps: Callable[[], None]) -> None:
        super().__init__(lake, PACE)
        self._steps = steps

    @property
    def spark(self) -> str:
        return "4.1.1"

    def job(self, attempt: Attempt) -> RemoteJob:
        return ScriptedJob(attempt, **self._steps)


def new_work() -> VersionSpec:
    salt = {"salt": uuid.uuid4().hex}
    return VersionSpec("metrics", "a-run", {}, salt, {}, "code", "4.1.1")


def launch(lake: Lake, work: VersionSpec | None = None, **steps: Callable[[], None]) -> None:
    ScriptedLauncher(lake, **steps).launch(work or new_work(), LOG)


def broken() -> None:
    raise UserError("the kubeconfig is gone")


def silent() -> None:
    raise UnansweredError("no answer")


def superseded() -> None:
    raise SupersededError("another run has taken over the lease of attempt 1")


def interrupted() -> None:
    raise KeyboardInterrupt


def test_a_mistake_before_the_submission_fails_the_attempt(folder_lake: Lake) -> None:
    with pytest.raises(LaunchError, match="the kubeconfig is gone") as failed:
        launch(folder_lake, submits=broken)

    assert not isinstance(failed.value, DetachedError)


def test_a_mistake_after_the_submission_leaves_the_job_to_the_next_run(folder_lake: Lake) -> None:
    with pytest.raises(DetachedError) as detached:
        launch(folder_lake, looks=broken)

    told = str(detached.value)
    assert "can't be followed: the kubeconfig is gone" in told
    assert "what was started continues: materialize again to resume it" in told


def test_a_resumed_job_whose_target_is_silent_is_left_to_the_next_run(folder_lake: Lake) -> None:
    work = new_work()
    with pytest.raises(DetachedError):
        launch(folder_lake, work, looks=broken)

    with pytest.raises(DetachedError, match="there was no answer for"):
        launch(folder_lake, work, looks=silent)

    lease = LeaseFile(folder_lake, lease_key("metrics", work.version)).read()
    assert lease and (lease.attempt, lease.status) == (1, "left")


@pytest.mark.parametrize(
    ("cancels", "why"),
    [
        (broken, "the kubeconfig is gone"),
        (superseded, "another run has taken over the lease of attempt 1"),
    ],
)
def test_a_job_that_can_not_be_cancelled_does_not_hide_the_interruption(
    folder_lake: Lake, caplog: pytest.LogCaptureFixture, cancels: Callable[[], None], why: str
) -> None:
    with pytest.raises(KeyboardInterrupt):
        launch(folder_lake, looks=interrupted, cancels=cancels)

    assert f"the job could not be cancelled: {why}. job 7 of the fake" in caplog.text


def test_an_interrupted_run_leaves_alone_the_job_that_another_has_taken_over(
    folder_lake: Lake,
) -> None:
    work, cancelled = new_work(), list[str]()
    key = lease_key("metrics", work.version)

    def taken_over_and_interrupted() -> None:
        lease = LeaseFile(folder_lake, key).read()
        assert lease
        folder_lake.write_json(key, replace(lease, nonce="another's").as_json())
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        launch(
            folder_lake,
            work,
            looks=taken_over_and_interrupted,
            cancels=lambda: cancelled.append("job 7"),
        )

    assert not cancelled
    assert read_failure(folder_lake, "metrics", work.version, 1) is None
