"""What is concluded from a job run's description, and from its age."""

from typing import Any

import pytest

from emr_ml.aws.client import UnansweredError
from emr_ml.launchers.base import LaunchError
from emr_ml.launchers.eks.config import EksConfig
from emr_ml.launchers.eks.job import EksJob
from emr_ml.launchers.remote import job_run, pacing, polling
from emr_ml.launchers.remote.endpoint import Endpoint
from emr_ml.launchers.remote.job_run import JobRunContext
from emr_ml.launchers.remote.polling import PollingPolicy
from emr_ml.launchers.remote.target import JobOutcome, JobStatus
from emr_ml_tests.launchers.remote.clock import FakeClock
from emr_ml_tests.launchers.remote.examples import JOB_ROLE, an_attempt
from emr_ml_tests.launchers.remote.test_follow import refusal
from spark_jobs.runtime.lake import Lake

VISIBILITY, START_LIMIT = 5.0, 60
CONFIG = EksConfig(
    execution_role=JOB_ROLE, virtual_cluster_id="0abc", start_limit_seconds=START_LIMIT
)
Answer = str | Exception


class Service:
    """EMR on EKS that describes a job run by what the test says last, on the test's own clock."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.answer: Answer = "SUBMITTED"
        self.cancelled = False

    def __call__(self, *_: Any, **__: Any) -> "Service":
        return self

    def ask(self, operation: str, **_: Any) -> dict[str, Any]:
        if operation == "cancel_job_run":
            self.cancelled = True
            self.answer = "CANCELLED"
            return {}
        if isinstance(self.answer, Exception):
            raise self.answer
        return {"jobRun": {"state": self.answer}}


@pytest.fixture(name="service")
def fixture_service(monkeypatch: pytest.MonkeyPatch) -> Service:
    service = Service(FakeClock(monkeypatch, job_run, pacing, polling))
    monkeypatch.setattr(job_run, "Api", service)
    return service


@pytest.fixture(name="job")
def fixture_job(service: Service, folder_lake: Lake) -> EksJob:
    del service  # what the job asks
    attempt = an_attempt(folder_lake, virtual_cluster="0abc", job="1def")
    pace = PollingPolicy(fast=0.1, slow=1.0, visibility=VISIBILITY, patience=9.0)
    endpoint = Endpoint("s3://bucket/lake", "eu-west-1")
    return EksJob(JobRunContext(folder_lake, CONFIG, endpoint, pace), attempt)


def look(service: Service, job: EksJob, seconds: float, answer: Answer) -> JobStatus | None:
    service.clock.at(seconds)
    service.answer = answer
    return job.status()


def fail_to_look(service: Service, job: EksJob, seconds: float) -> None:
    with pytest.raises(UnansweredError):
        look(service, job, seconds, UnansweredError("no answer"))


def test_a_job_run_whose_pods_are_not_started_in_time_is_cancelled(
    service: Service, job: EksJob
) -> None:
    look(service, job, 1.0, "SUBMITTED")

    with pytest.raises(LaunchError, match="was SUBMITTED for 61 seconds, so it was cancelled"):
        look(service, job, START_LIMIT + 1.0, "SUBMITTED")

    assert service.cancelled


def test_an_old_state_between_two_failed_looks_is_no_reason_to_cancel(
    service: Service, job: EksJob
) -> None:
    look(service, job, 1.0, "SUBMITTED")
    fail_to_look(service, job, START_LIMIT + 1.0)

    service.clock.sleep(0.1)  # before the next look is due

    assert job.status() is None
    assert not service.cancelled


def test_a_new_job_run_may_be_missing_for_a_while(service: Service, job: EksJob) -> None:
    unknown = refusal("ResourceNotFoundException")

    status = look(service, job, 1.0, unknown)

    assert status == JobStatus(JobOutcome.UNFINISHED, is_listed=False)
    late = look(service, job, VISIBILITY + 9.0, unknown)
    assert late and late.outcome is JobOutcome.LOST


def test_a_job_run_is_not_lost_because_nobody_answers(service: Service, job: EksJob) -> None:
    look(service, job, 1.0, refusal("ResourceNotFoundException"))
    fail_to_look(service, job, VISIBILITY + 9.0)

    service.clock.sleep(0.1)  # before the next look is due

    assert job.status() is None
