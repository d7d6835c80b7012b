"""Drivers on this machine: started once, seen by whoever asks, and ended with all they started."""

import os
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from emr_ml.launchers.base import LaunchError
from emr_ml.launchers.spark_submit import driver as drivers
from emr_ml.launchers.spark_submit import supervisor
from emr_ml.launchers.spark_submit.driver import (
    PROPERTIES,
    Driver,
    DriverState,
    drivers_in,
    new_folder,
)
from emr_ml.launchers.spark_submit.supervisor import EXIT, NOT_STARTED, session_members
from emr_ml_tests.waiting import wait_until

pytestmark = pytest.mark.process

# a process with a child, neither of which ends by SIGTERM
STUBBORN = "trap '' TERM; sleep 1000 & touch ready; while :; do sleep 0.1; done"


@pytest.fixture(name="driver")
def fixture_driver(tmp_path: Path) -> Driver:
    return Driver(new_folder(tmp_path / "drivers"))


def start(driver: Driver, script: str, limit: float = 60.0) -> None:
    driver.start("a job", ["sh", "-c", script], dict(os.environ), "secret=1\n", limit)


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


def kill_supervisor(driver: Driver) -> None:
    os.kill(driver.pid, signal.SIGKILL)
    wait_until(lambda: driver.pid not in session_members(driver.pid))


def test_it_goes_on_without_its_supervisor_and_can_still_be_ended(driver: Driver) -> None:
    start(driver, "sleep 1000")
    kill_supervisor(driver)
    assert driver.state() == DriverState(is_running=True)

    assert driver.end()

    assert driver.state() == DriverState(False, None)
    assert not (folder(driver) / PROPERTIES).exists()


@pytest.mark.parametrize("mode", [None, 0o644], ids=["missing", "not executable"])
def test_a_command_that_can_not_be_started_ends_as_in_a_shell(
    driver: Driver, tmp_path: Path, mode: int | None
) -> None:
    command = tmp_path / "spark-submit"
    if mode:
        command.touch(mode)

    driver.start("a job", [str(command)], dict(os.environ), "secret=1\n", 60.0)

    assert ended(driver) == DriverState(False, NOT_STARTED)
    (said,) = driver.tail().lines
    assert said.startswith(f"{command} can't be started: ")
    assert not (folder(driver) / PROPERTIES).exists()


def test_what_the_supervisor_says_is_told_if_it_can_not_start(driver: Driver) -> None:
    environment = {**os.environ, "PYTHONPATH": str(folder(driver))}
    (folder(driver) / "psutil.py").write_text("raise ImportError('the disk is broken')\n")

    with pytest.raises(LaunchError, match="no driver can be started here") as raised:
        driver.start("a job", ["true"], environment, "secret=1\n", 60.0)

    assert "ImportError: the disk is broken" in str(raised.value)
    assert not (folder(driver) / PROPERTIES).exists()


def test_a_start_that_takes_too_long_leaves_nothing_that_may_start_later(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drivers, "START_SECONDS", 0.0)

    with pytest.raises(LaunchError, match="timed out"):
        start(driver, "touch started; sleep 1000")

    assert not driver.state().is_running
    # a supervisor that comes too late finds the folder taken
    subprocess.run([sys.executable, supervisor.__file__, str(folder(driver))], check=True)
    assert not driver.state().is_running
    assert not (folder(driver) / PROPERTIES).exists()


def test_a_driver_that_was_ended_before_its_start_is_never_started(driver: Driver) -> None:
    assert driver.end()

    with pytest.raises(LaunchError, match="no driver can be started here"):
        start(driver, "touch started")

    assert not (folder(driver) / "started").exists()


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


def age(path: Path, seconds: float) -> None:
    when = time.time() - seconds
    os.utime(path, (when, when))


def test_logs_of_long_ago_are_deleted_and_those_of_others_kept(tmp_path: Path) -> None:
    old, young, unstarted, starting = (new_folder(tmp_path) for _ in range(4))
    for each, seconds in ((old, drivers.KEEP_SECONDS + 60), (young, 60.0)):
        (each / EXIT).touch()
        age(each / EXIT, seconds)
    age(unstarted, drivers.KEEP_SECONDS + 60)

    new_folder(tmp_path)

    kept = [each.exists() for each in (old, young, unstarted, starting)]
    assert kept == [False, True, False, True]


def test_secrets_of_a_driver_whose_end_nobody_saw_are_deleted(driver: Driver) -> None:
    start(driver, "sleep 1000")
    kill_supervisor(driver)
    parent, secrets = folder(driver).parent, folder(driver) / PROPERTIES
    for each in folder(driver).iterdir():
        age(each, 3 * drivers.START_SECONDS)
    new_folder(parent)
    assert secrets.exists()

    for pid in session_members(driver.pid):
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not driver.state().is_running)
    new_folder(parent)

    assert not secrets.exists()
    assert driver.log.exists()


def test_drivers_are_listed_with_their_names(driver: Driver) -> None:
    start(driver, "exit 0")
    ended(driver)

    assert [each.name for each in drivers_in(folder(driver).parent)] == ["a job"]
    assert list(drivers_in(folder(driver) / "nowhere")) == []
