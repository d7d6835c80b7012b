"""What a standalone master says of applications, and that only a fresh answer counts."""

from collections.abc import Callable, Generator
from dataclasses import replace
from pathlib import Path

import pytest

from emr_ml.aws.client import UnansweredError
from emr_ml.lake.leases import HeldLease
from emr_ml.launchers.base import LaunchError
from emr_ml.launchers.remote.polling import PollingPolicy
from emr_ml.launchers.remote.target import Attempt, JobOutcome
from emr_ml.launchers.spark_submit.client_job import ClientJob
from emr_ml.launchers.spark_submit.config import SparkSubmitConfig
from emr_ml.launchers.spark_submit.driver import Driver
from emr_ml.launchers.spark_submit.master import Application, Cluster, Master, MasterError
from emr_ml_tests.launchers.remote.clock import FakeClock
from emr_ml_tests.launchers.spark_submit.fake_master import FakeMaster, serve_master

pytestmark = pytest.mark.process

PACE = PollingPolicy(fast=0.1, slow=10.0, visibility=45.0, patience=600.0)
START_LIMIT = 100
JobAt = Callable[[str | None], ClientJob]


@pytest.fixture(name="master")
def fixture_master() -> Generator[FakeMaster]:
    with serve_master() as master:
        yield master


@pytest.fixture(name="job_at")
def fixture_job_at(attempt: Attempt, tmp_path: Path) -> JobAt:
    """Makes the job of a cluster, by the address of its master's pages."""

    def job_at(master_ui: str | None) -> ClientJob:
        config = SparkSubmitConfig(
            master="spark://127.0.0.1:7077",
            master_ui=master_ui,
            start_limit_seconds=START_LIMIT,
            folder=str(tmp_path),
        )
        return ClientJob(config, attempt, PACE)

    return job_at


@pytest.fixture(name="application")
def fixture_application(attempt: Attempt) -> str:
    """The name of the attempt's application."""
    return attempt.request.application_name


def outcome(job: ClientJob) -> JobOutcome | None:
    status = job.status()
    return status and status.outcome


def test_its_applications_and_free_cores_are_read(master: FakeMaster) -> None:
    master.applications = [("mine", 2)]

    expected = Cluster((Application("app-0", "mine", "RUNNING", 2),), 1, 1)
    assert Master(master.url).look() == expected
    assert not expected.is_idle


def test_no_core_is_overlooked_if_applications_share_a_name(master: FakeMaster) -> None:
    master.applications = [("PySparkShell", 2), ("PySparkShell", 0)]

    assert not Master(master.url).look().is_idle


@pytest.mark.parametrize("status", ["STANDBY", "RECOVERING"])
def test_one_that_is_not_in_charge_has_no_say(master: FakeMaster, status: str) -> None:
    master.status = status

    with pytest.raises(MasterError, match=f"the master {master.url} is {status}"):
        Master(master.url).look()


def test_a_job_without_cores_is_ended_only_if_the_master_has_said_so_all_the_time(
    driver: Driver, job_at: JobAt, master: FakeMaster, application: str, clock: FakeClock
) -> None:
    job = job_at(master.url)
    master.applications = [(application, 0)]
    assert outcome(job) is JobOutcome.UNFINISHED

    master.is_silent = True
    for seconds in (50.0, 51.0, 10 * START_LIMIT, 10 * START_LIMIT + 1):
        clock.at(seconds)
        assert outcome(job) is JobOutcome.UNFINISHED
    master.is_silent = False
    clock.at(20 * START_LIMIT)
    assert outcome(job) is JobOutcome.UNFINISHED
    assert driver.state().is_running

    clock.now += START_LIMIT + 1
    with pytest.raises(LaunchError, match="gave its application no core for 101 seconds"):
        outcome(job)
    assert not driver.state().is_running


def test_a_driver_elsewhere_is_lost_only_if_the_master_says_so(
    held: HeldLease, job_at: JobAt, master: FakeMaster, application: str, clock: FakeClock
) -> None:
    held.record(host="other boot namespace", folder="/there", pid="1")
    job = job_at(master.url)
    master.applications = [(application, 1)]
    assert outcome(job) is JobOutcome.UNFINISHED

    master.is_silent = True
    clock.at(100.0)
    with pytest.raises(UnansweredError, match=f"the master's page {master.url} gives no answer"):
        job.status()
    assert job.status() is None
    assert job.answers.failing and job.answers.last == clock.start

    master.is_silent, master.applications = False, []
    clock.at(200.0)
    assert outcome(job) is JobOutcome.UNFINISHED
    assert not job.answers.failing
    clock.now += PACE.visibility + 1
    lost = job.status()
    assert lost and lost.outcome is JobOutcome.LOST
    assert "the master has no such application" in str(job.failure(lost, None))


def test_a_driver_elsewhere_that_nobody_can_be_asked_about_is_lost_and_the_cause_is_told(
    held: HeldLease, job_at: JobAt, clock: FakeClock
) -> None:
    held.record(host="other boot namespace", folder="/there", pid="1")
    job = job_at(None)
    assert outcome(job) is JobOutcome.UNFINISHED

    clock.at(PACE.visibility + 1)

    lost = job.status()
    assert lost and lost.outcome is JobOutcome.LOST
    told = str(job.failure(lost, None))
    assert "whether the driver still works can't be asked: set master_ui" in told
    assert "no such application" not in told


def test_a_cancelled_job_ends_what_the_master_still_has_of_it(
    driver: Driver, job_at: JobAt, master: FakeMaster, application: str
) -> None:
    master.applications = [("another", 1), (application, 1)]

    job_at(master.url).cancel()

    assert master.ended == ["app-1"]
    assert not driver.state().is_running


def test_a_cancelled_job_leaves_the_application_of_another_lake_alone(
    driver: Driver, job_at: JobAt, master: FakeMaster, attempt: Attempt
) -> None:
    others = replace(attempt.request, output="s3://another/lake/lr_model/attempts/1")
    master.applications = [(others.application_name, 1)]

    job_at(master.url).cancel()

    assert not master.ended
    assert not driver.state().is_running
