"""Jobs of spark-submit without a launcher: their lease, their driver and the time that they see."""

from collections.abc import Generator
from pathlib import Path

import pytest

from emr_ml.lake.leases import HeldLease, this_host
from emr_ml.launchers.remote import pacing, polling
from emr_ml.launchers.remote.target import Attempt
from emr_ml.launchers.spark_submit import cluster_job
from emr_ml.launchers.spark_submit.driver import Driver, new_folder
from emr_ml_tests.launchers.remote.clock import FakeClock
from emr_ml_tests.launchers.remote.examples import an_attempt
from spark_jobs.runtime.lake import Lake

VERSION = "0123456789abcdef"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    """The time that the launcher sees."""
    return FakeClock(monkeypatch, cluster_job, pacing, polling)


@pytest.fixture
def attempt(folder_lake: Lake) -> Attempt:
    return an_attempt(folder_lake, "lr_model", VERSION)


@pytest.fixture
def held(attempt: Attempt) -> HeldLease:
    """The lease of the attempt."""
    return attempt.held


@pytest.fixture
def driver(tmp_path: Path, held: HeldLease) -> Generator[Driver]:
    """The driver of the attempt, on this machine; it runs until it is ended."""
    driver = Driver(new_folder(tmp_path / "drivers"))
    driver.start("a job", ["sleep", "1000"], {"PATH": "/usr/bin:/bin"}, "", 1000.0)
    held.record(host=this_host(), folder=str(driver.log.parent), pid=str(driver.pid))
    yield driver
    driver.end()
