"""A job is followed by its lake and its target, whatever either of them answers."""

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from emr_ml.aws.client import UnansweredError
from emr_ml.launchers.base import DetachedError, LaunchError
from emr_ml.launchers.remote import follow, messages, pacing, polling
from emr_ml.launchers.remote.follow import Follower
from emr_ml.launchers.remote.pacing import PacedLook
from emr_ml.launchers.remote.polling import Answers, PollingPolicy
from emr_ml.launchers.remote.target import Attempt, JobLocation, JobOutcome, JobStatus, RemoteJob
from emr_ml_tests.launchers.remote.clock import FakeClock
from emr_ml_tests.launchers.remote.examples import LOG, an_attempt
from spark_jobs.runtime.attempt import Failure, record_failure
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.report import Report, commit, job_key

PACE = PollingPolicy(fast=1.0, slow=5.0, visibility=10.0, patience=60.0)
RUNNING = JobStatus(JobOutcome.UNFINISHED, is_listed=True, states={"job 7": "RUNNING"})


def ended(outcome: JobOutcome) -> JobStatus:
    return JobStatus(outcome, is_listed=True, states={"job 7": outcome.name})


def refusal(code: str, status: int = 400) -> ClientError:
    answer = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "GetJobRun")  # pyright: ignore[reportArgumentType] - a partial answer


class FakeJob(RemoteJob):
    """A job on a target that does at each look what the test says."""

    advice = (("role", "the target's advice"),)
    log_advice = (("KeyError", "the log's advice"),)

    def __init__(self, attempt: Attempt, look: Callable[[int], JobStatus]) -> None:
        self._attempt, self._script, self._looks = attempt, look, 0
        self._look = PacedLook(self._ask, PACE)

    def _ask(self) -> JobStatus:
        self._looks += 1
        return self._script(self._looks)

    @property
    def location(self) -> JobLocation:
        return JobLocation(self._attempt.request.asset, 1, "job 7 of the fake", "s3://logs/7")

    @property
    def is_submitted(self) -> bool:
        return True

    @property
    def answers(self) -> Answers:
        return self._look.answers

    def submit(self) -> None:
        """Nothing: it is submitted."""

    def status(self) -> JobStatus | None:
        return self._look.latest()

    def failure(self, status: JobStatus, recorded: Failure | None) -> LaunchError | None:
        return LaunchError(f"the fake says {status.outcome.name}, the job {recorded}")

    def cancel(self) -> None:
        """Nothing: no test cancels it."""


@pytest.fixture(name="clock", autouse=True)
def fixture_clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    return FakeClock(monkeypatch, follow, messages, pacing, polling)


@pytest.fixture
def attempt(folder_lake: Lake) -> Attempt:
    return an_attempt(folder_lake)


def report_of(attempt: Attempt, look: Callable[[int], JobStatus]) -> Report:
    return Follower(attempt, FakeJob(attempt, look), PACE).follow()


def commit_report(attempt: Attempt) -> None:
    request, at = attempt.request, "2026-01-01T00:00:00+00:00"
    report = Report(
        *(request.asset, request.version, 1, ""), [], {}, {}, "", "4.1.1", {}, {}, {}, at, at
    )
    commit(attempt.lake, report, None)
    send(attempt, {"method": "closed"})


def say(attempt: Attempt, number: int) -> None:
    send(attempt, {"method": "log", "params": {"message": f"number {number}", "level": "INFO"}})


def send(attempt: Attempt, message: dict[str, Any]) -> None:
    request = attempt.request
    folder = job_key(request.asset, request.version, 1, "messages/")
    number = len(list(attempt.lake.list(folder))) + 1
    attempt.lake.write(f"{folder}{number}.json", json.dumps(message).encode())


def test_the_report_is_returned_although_the_target_never_shows_the_end(attempt: Attempt) -> None:
    def look(number: int) -> JobStatus:
        if number == 3:
            commit_report(attempt)
        return RUNNING

    assert report_of(attempt, look).version == attempt.request.version


def test_a_target_that_is_too_busy_to_answer_is_not_dead(
    attempt: Attempt, clock: FakeClock
) -> None:
    enough = clock.now + 3 * PACE.patience

    def look(_: int) -> JobStatus:
        if clock.now > enough:
            commit_report(attempt)
        error = refusal("ThrottlingException")
        raise UnansweredError("no answer") from error

    assert report_of(attempt, look).attempt == 1


def test_a_job_that_speaks_is_followed_although_its_target_is_dead(
    attempt: Attempt, clock: FakeClock
) -> None:
    enough = clock.now + 3 * PACE.patience

    def look(number: int) -> JobStatus:
        say(attempt, number)
        if clock.now > enough:
            commit_report(attempt)
        raise EndpointConnectionError(endpoint_url="https://target")

    assert report_of(attempt, look).attempt == 1


def test_the_service_that_does_not_answer_is_named_once(
    attempt: Attempt, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, LOG.name)

    def look(number: int) -> JobStatus:
        if number == 3:
            commit_report(attempt)
        # addresses of objects, as urllib3 has them, differ each time
        raise UnansweredError(f"Kubernetes gives no answer: <object at {number}>") from OSError()

    report_of(attempt, look)

    assert caplog.messages == ["Kubernetes gives no answer: waiting, while the job keeps running"]


def test_a_silent_job_of_a_dead_target_is_left_running(attempt: Attempt) -> None:
    def look(_: int) -> JobStatus:
        raise EndpointConnectionError(endpoint_url="https://target")

    with pytest.raises(
        DetachedError,
        match=r"attempt 1 of metrics can't be followed: there was no answer for \d+ seconds"
        r".*\njob 7 of the fake\nwhat was started continues: materialize again",
    ):
        report_of(attempt, look)


def test_expired_credentials_are_named_as_the_reason_and_with_their_fix(attempt: Attempt) -> None:
    def look(_: int) -> JobStatus:
        raise refusal("ExpiredTokenException")

    with pytest.raises(DetachedError, match=r"credentials have expired: get new ones"):
        report_of(attempt, look)


def test_a_report_that_follows_the_end_of_its_job_counts(attempt: Attempt) -> None:
    def look(number: int) -> JobStatus:
        if number == 1:
            return RUNNING
        commit_report(attempt)
        return ended(JobOutcome.SUCCEEDED)

    assert report_of(attempt, look).attempt == 1


@pytest.mark.parametrize("outcome", [o for o in JobOutcome if o is not JobOutcome.UNFINISHED])
def test_a_job_that_ends_without_a_report_fails_as_its_target_says(
    attempt: Attempt, outcome: JobOutcome
) -> None:
    with pytest.raises(LaunchError, match=f"the fake says {outcome.name}, the job None"):
        report_of(attempt, lambda _: ended(outcome))


def test_what_the_job_recorded_ends_it_before_its_target_notices(attempt: Attempt) -> None:
    def look(_: int) -> JobStatus:
        failure = Failure("column 'age' is not there: correct the contract", by_user=True)
        record_failure(attempt.lake, attempt.request, failure)
        return RUNNING

    with pytest.raises(LaunchError, match=r"failed: column 'age' .*\njob 7(.|\n)*s3://logs/7"):
        report_of(attempt, look)


def test_what_the_job_recorded_gets_the_advice_for_logs(attempt: Attempt) -> None:
    def look(_: int) -> JobStatus:
        record_failure(attempt.lake, attempt.request, Failure("KeyError: 'role'"))
        return RUNNING

    with pytest.raises(LaunchError, match="the log's advice"):
        report_of(attempt, look)


def test_each_state_is_logged_once(attempt: Attempt, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, LOG.name)

    def look(number: int) -> JobStatus:
        if number == 6:
            commit_report(attempt)
        state = "QUEUED" if number < 3 else "RUNNING"
        return JobStatus(JobOutcome.UNFINISHED, is_listed=True, states={"job 7": state})

    report_of(attempt, look)

    assert caplog.messages == ["job 7 is QUEUED", "job 7 is RUNNING"]
