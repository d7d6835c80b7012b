"""One attempt on a cluster that a fake EMR describes: what ends it, and which step is its own."""

import logging
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emr_ml.aws.client import UnansweredError, UncertainError
from emr_ml.launchers.base import LaunchError
from emr_ml.launchers.emr import cluster_watcher, job, submission
from emr_ml.launchers.emr.context import LauncherContext
from emr_ml.launchers.emr.job import EmrJob
from emr_ml.launchers.remote import polling
from emr_ml.launchers.remote.polling import PollingPolicy
from emr_ml.launchers.remote.target import JobOutcome
from emr_ml_tests.launchers.emr.configs import TARGET, config
from emr_ml_tests.launchers.remote.clock import FakeClock
from emr_ml_tests.launchers.remote.examples import an_attempt
from spark_jobs.runtime.lake import Lake

LOG = logging.getLogger("job")
PACE = PollingPolicy(fast=1.0, slow=5.0, visibility=10.0, patience=60.0)
VERSION = "0123456789abcdef"
NAME = f"metrics {VERSION} #1"


@dataclass
class FakeEmr:
    """EMR with one cluster.

    Args:
        state: of the cluster.
        steps: name and state of each step, newest first; ids count from the oldest, `s-0`.
        is_silent: whether it does not answer looks.
        refusal: why it takes no step.
        loses: how many answers to AddJobFlowSteps get lost, with the steps.
        ended: the calls that ended something.
    """

    state: str = "RUNNING"
    steps: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    is_silent: bool = False
    refusal: str = ""
    loses: int = 0
    ended: list[str] = field(default_factory=list[str])

    def ask(self, operation: str, **parameters: Any) -> dict[str, Any]:
        match operation:
            case "describe_cluster" | "list_steps" if self.is_silent:
                raise UnansweredError("no answer")
            case "describe_cluster":
                return {"Cluster": {"Id": "j-1", "Status": {"State": self.state}}}
            case "list_steps":
                return {"Steps": self._listed(parameters["StepIds"])}
            case _:
                self.ended.append(operation)
                return {}

    def tell(self, operation: str, **parameters: Any) -> dict[str, Any]:
        if self.refusal:
            self.ended.append("refused")
            assert len(self.ended) < 50, "it is sent for ever"
            raise ClientError({"Error": {"Message": self.refusal}}, operation)
        if self.loses:
            self.loses -= 1
            raise UncertainError("the answer was lost")
        self.steps.insert(0, (parameters["Steps"][0]["Name"], "PENDING"))
        return {"StepIds": [f"s-{len(self.steps) - 1}"]}

    def pages(self, *_: str, **__: str) -> Iterator[list[dict[str, Any]]]:
        if self.is_silent:
            raise UnansweredError("no answer")
        yield self._listed()

    def _listed(self, only: list[str] | None = None) -> list[dict[str, Any]]:
        last = len(self.steps) - 1
        steps = [
            {"Id": f"s-{last - n}", "Name": name, "Status": {"State": state}}
            for n, (name, state) in enumerate(self.steps)
        ]
        return [step for step in steps if only is None or step["Id"] in only]


@pytest.fixture(name="clock", autouse=True)
def fixture_clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    return FakeClock(monkeypatch, job, cluster_watcher, polling, submission)


@pytest.fixture(name="emr")
def fixture_emr(monkeypatch: pytest.MonkeyPatch) -> FakeEmr:
    emr = FakeEmr()

    def api(*_: Any, **__: Any) -> FakeEmr:
        return emr

    monkeypatch.setattr(job, "Api", api)
    return emr


def job_in(lake: Lake, *, token: str = "ours", step: str = "s-0", **fields: Any) -> EmrJob:  # noqa: S107 - no secret
    """Return the job of an attempt whose lease records its cluster and, unless it is "", a step."""
    sent = {"sent_to": "j-1", "token": token, "step": step} if step else {}
    attempt = an_attempt(lake, "metrics", VERSION, cluster="j-1", **sent)
    return EmrJob(LauncherContext(lake, config(**fields), TARGET, PACE), attempt)


def outcome(attempt: EmrJob) -> JobOutcome | None:
    status = attempt.status()
    return status and status.outcome


def test_a_cluster_that_starts_while_emr_is_silent_is_not_ended(
    folder_lake: Lake, emr: FakeEmr, clock: FakeClock
) -> None:
    attempt = job_in(folder_lake, start_limit_seconds=100)
    emr.state = "STARTING"
    assert outcome(attempt) is JobOutcome.UNFINISHED
    emr.is_silent = True

    for _ in range(200):
        clock.sleep(1.0)
        with suppress(UnansweredError):
            attempt.status()

    emr.state, emr.is_silent = "RUNNING", False
    clock.sleep(100.0)
    assert outcome(attempt) is JobOutcome.UNFINISHED
    assert not emr.ended


def test_a_cluster_that_has_started_since_the_last_look_is_not_ended(
    folder_lake: Lake, emr: FakeEmr, clock: FakeClock
) -> None:
    attempt = job_in(folder_lake, start_limit_seconds=1)
    emr.state = "STARTING"
    attempt.status()

    emr.state = "RUNNING"
    clock.sleep(2.0)

    assert outcome(attempt) is JobOutcome.UNFINISHED
    assert not emr.ended


def test_a_step_that_has_ended_since_the_last_look_is_not_cancelled(
    folder_lake: Lake, emr: FakeEmr, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job, "KILL_AFTER_SECONDS", -2 * PACE.slow)
    attempt = job_in(folder_lake, step_limit_seconds=1)
    emr.steps = [(f"{NAME} ours", "RUNNING")]
    attempt.status()

    emr.steps = [(f"{NAME} ours", "COMPLETED")]
    clock.sleep(2.0)

    assert outcome(attempt) is JobOutcome.UNFINISHED
    assert not emr.ended


def test_an_emr_that_does_not_answer_before_an_end_is_not_asked_at_every_poll(
    folder_lake: Lake, emr: FakeEmr, clock: FakeClock
) -> None:
    attempt = job_in(folder_lake, start_limit_seconds=1)
    emr.state = "STARTING"
    attempt.status()
    clock.sleep(2.0)
    emr.is_silent = True

    with pytest.raises(UnansweredError):
        attempt.status()

    assert attempt.status() is None
    assert attempt.answers.failing


def test_a_step_from_before_the_lake_was_emptied_says_nothing_about_the_new_one(
    folder_lake: Lake, emr: FakeEmr
) -> None:
    emr.steps = [(f"{NAME} ours", "CANCELLED"), (f"{NAME} older", "COMPLETED")]

    assert outcome(job_in(folder_lake, step="s-1")) is JobOutcome.CANCELLED


def test_a_step_from_before_the_lake_was_emptied_is_not_taken_for_one_whose_answer_was_lost(
    folder_lake: Lake, emr: FakeEmr
) -> None:
    emr.steps, emr.loses = [(NAME, "COMPLETED")], 1
    attempt = job_in(folder_lake, step="")

    attempt.submit()

    assert attempt.location.text.startswith("step s-1 of cluster j-1")
    assert len(emr.steps) == 2


def test_a_refusal_that_only_sounds_like_a_full_cluster_is_told_after_some_tries(
    folder_lake: Lake, emr: FakeEmr
) -> None:
    emr.refusal = "The length of Args exceeds 10280 characters"

    with pytest.raises(LaunchError, match=r"EMR refuses step 'metrics .* #1 .*exceeds 10280"):
        job_in(folder_lake, step="").submit()


def test_a_step_that_an_earlier_release_sent_is_found_by_its_name_without_a_token(
    folder_lake: Lake, emr: FakeEmr
) -> None:
    emr.steps = [(NAME, "FAILED")]

    assert outcome(job_in(folder_lake, token="")) is JobOutcome.FAILED
