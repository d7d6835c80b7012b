"""Jobs of spark-submit without a launcher: their lease, their driver and the time that they see."""

import logging
import time
from collections.abc import Generator
from pathlib import Path

import pytest

from emr_ml.lake.leases import HeldLease, LeaseFile, this_host
from emr_ml.launchers.remote.target import Attempt
from emr_ml.launchers.spark_submit.driver import Driver, new_folder
from spark_jobs.runtime.job import Request
from spark_jobs.runtime.lake import Lake

VERSION = "0123456789abcdef"


class Clock:
    """The time that the launcher sees."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        monkeypatch.setattr(time, "monotonic", lambda: self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture
def held(folder_lake: Lake) -> HeldLease:
    """The lease of an attempt."""
    held = LeaseFile(folder_lake, f"lr_model/{VERSION}/claim.json").acquire("a run")
    assert held
    return held


@pytest.fixture
def attempt(held: HeldLease, folder_lake: Lake) -> Attempt:
    request = Request(
        asset="lr_model",
        version=VERSION,
        attempt=1,
        lake=folder_lake.root,
        output=folder_lake.uri("out"),
        inputs={},
        contract={},
        params={},
        code="",
        spark="4.1.1",
    )
    log = logging.getLogger("attempt")
    return Attempt(request, "spark_jobs.lr_model", held, folder_lake, folder_lake, log)


@pytest.fixture
def driver(tmp_path: Path, held: HeldLease) -> Generator[Driver]:
    """The driver of the attempt, on this machine; it runs until it is ended."""
    driver = Driver(new_folder(tmp_path / "drivers"))
    driver.start("a job", ["sleep", "1000"], {"PATH": "/usr/bin:/bin"}, "", 1000.0)
    held.record(host=this_host(), folder=str(driver.log.parent), pid=str(driver.pid))
    yield driver
    driver.end()
