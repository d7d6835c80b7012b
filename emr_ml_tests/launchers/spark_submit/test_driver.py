"""Drivers on this machine: started once, seen by whoever asks, and ended with all they started."""

import os
import signal
import stat
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from emr_ml.launchers.spark_submit import driver as drivers
from emr_ml.launchers.spark_submit.driver import PROPERTIES, Driver, DriverState, new_folder
from emr_ml.launchers.spark_submit.supervisor import EXIT, session_members
from emr_ml_tests.waiting import wait_until

pytestmark = pytest.mark.process

# a process with a child, neither of which ends by SIGTERM
STUBBORN = "trap '' TERM; sleep 1000 & touch ready; while :; do sleep 0.1; done"


@pytest.fixture(name="driver")
def fixture_driver(tmp_path: Path) -> Driver:
    return Driver(new_folder(tmp_path / "drivers"))


def start(driver: Driver, script: str, limit: float = 60.0) -> None:
    driver.start(["sh", "-c", script], dict(os.environ), "secret=1\n", limit)


def folder(driver: Driver) -> Path:
    return driver.log.parent


def ended(driver: Driver) -> DriverState:
    wait_until(lambda: not driver.state().is_running)
    return driver.state()


def test_its_exit_code_and_its_log_are_kept_and_its_secrets_are_not(driver: Driver) -> None:
    start(driver, f"stat -c %a {PROPERTIES}; cat {PROPERTIES}; exit 3")

    assert ended(driver) == DriverState(False, 3)
    assert driver.tail().lines == ("600", "secret=1")
    assert not (folder(driver) / PROPERTIES).exists()
    assert stat.S_IMODE(folder(driver).stat().st_mode) == 0o700


def test_of_several_starts_only_the_first_counts(driver: Driver) -> None:
    threads = [threading.Thread(target=start, args=(driver, "echo started")) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    start(driver, "echo started")

    assert ended(driver).code == 0
    assert driver.tail().lines == ("started",)


def test_it_is_ended_at_its_limit(driver: Driver) -> None:
    start(driver, "sleep 1000", limit=0.2)

    assert ended(driver) == DriverState(False, -signal.SIGTERM, "limit")


def test_it_is_ended_with_all_its_processes_even_if_they_ignore_sigterm(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drivers.supervisor, "KILL_AFTER_SECONDS", -4.0)
    start(driver, STUBBORN)
    wait_until((folder(driver) / "ready").exists)

    assert driver.end()

    assert not session_members(driver.pid)
    assert not driver.state().is_running


def test_it_goes_on_without_its_supervisor_and_can_still_be_ended(driver: Driver) -> None:
    start(driver, "sleep 1000")
    os.kill(driver.pid, signal.SIGKILL)
    wait_until(lambda: driver.pid not in session_members(driver.pid))
    assert driver.state() == DriverState(is_running=True)

    assert driver.end()

    assert driver.state() == DriverState(False, None)


def test_a_later_process_with_its_id_is_left_alone(driver: Driver) -> None:
    other = psutil.Popen([sys.executable, "-c", "input()"], stdin=-1, start_new_session=True)
    try:
        text = f'{{"pid": {other.pid}, "started": {other.create_time() - 60}}}'
        (folder(driver) / "driver.json").write_text(text)

        assert not driver.state().is_running
        assert driver.end()
        assert other.is_running()
    finally:
        other.communicate(b"\n")


def test_logs_of_long_ago_are_deleted(tmp_path: Path) -> None:
    old, young, running = (new_folder(tmp_path) for _ in range(3))
    long_ago = time.time() - drivers.KEEP_SECONDS - 60
    for each, when in ((old, long_ago), (young, time.time())):
        (each / EXIT).touch()
        os.utime(each / EXIT, (when, when))

    new_folder(tmp_path)

    assert [each.exists() for each in (old, young, running)] == [False, True, True]
