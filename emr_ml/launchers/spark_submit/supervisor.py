"""Runs one driver, ends it at its time limit, and records how it ended.

`python supervisor.py FOLDER` returns once the driver is started. The supervisor goes on in a
session of its own, which outlives the launcher. Of several supervisors of one folder, only the
first starts a driver.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import uuid
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import Any

import psutil

JOB, DRIVER, EXIT, LOG = "job.json", "driver.json", "exit.json", "log"
KILL_AFTER_SECONDS = 20.0  # between SIGTERM and SIGKILL
NOT_STARTED = 127  # exit code of a command that can't be started, as in a shell


def main(folder: Path) -> None:
    """Start the supervisor, and return once it has claimed the folder, or another one has."""
    readable, writable = os.pipe()
    if os.fork():
        os.close(writable)
        os.read(readable, 1)
        return
    os.setsid()
    os.close(readable)
    me = psutil.Process()
    driver = _start(folder) if claim(folder, me.pid, me.create_time()) else None
    with Path(os.devnull).open("r+b") as nothing:
        # whoever reads this process's output must not wait for the driver's end
        for number in range(3):
            os.dup2(nothing.fileno(), number)
    os.close(writable)
    if driver:
        driver.supervise()


def claim(folder: Path, pid: int, started: float) -> bool:
    """Record who runs the driver of a folder, or return False if that is recorded already.

    Args:
        folder: of the driver.
        pid: of the supervisor; 0 if nobody shall start the driver any more.
        started: when the supervisor was started, in seconds since 1970.
    """
    own = folder / f"{DRIVER}.{uuid.uuid4().hex}"
    own.write_text(json.dumps({"pid": pid, "started": started}))
    try:
        (folder / DRIVER).hardlink_to(own)
    except FileExistsError:
        return False
    finally:
        own.unlink()
    return True


def _start(folder: Path) -> "_Driver | None":
    """Start the driver, or record in its log and exit code why it can't be started."""
    job: dict[str, Any] = json.loads((folder / JOB).read_text())
    try:
        return _Driver(folder, job)
    except OSError as error:
        with (folder / LOG).open("a") as log:
            log.write(f"{job['command'][0]} can't be started: {error.strerror}\n")
        _record_end(folder, job, NOT_STARTED, "")
        return None


def _record_end(folder: Path, job: Mapping[str, Any], code: int, ended_by: str) -> None:
    """Delete what is private, and then record the end."""
    for name in job["private"]:
        (folder / name).unlink(missing_ok=True)
    written = folder / f"{EXIT}.new"
    written.write_text(json.dumps({"code": code, "ended_by": ended_by}))
    written.rename(folder / EXIT)


class _Driver:
    """A spark-submit as a child of this process.

    Args:
        folder: where it runs, and where its log is.
        job: the `command` to run, its time `limit` in seconds, and the names of `private` files to
            delete at its end.
    """

    def __init__(self, folder: Path, job: Mapping[str, Any]) -> None:
        self._folder, self._job, self._ended_by = folder, job, ""
        with (folder / LOG).open("ab") as log:
            self._process = subprocess.Popen(
                job["command"], cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def supervise(self) -> None:
        """Wait for the end, force it at the limit or on SIGTERM, and record it."""
        signal.signal(signal.SIGTERM, self._on_sigterm)
        timer = threading.Timer(self._job["limit"], self._end, ["limit"])
        timer.daemon = True
        timer.start()
        code = self._process.wait()
        kill_session(os.getpid(), spared=os.getpid())
        _record_end(self._folder, self._job, code, self._ended_by)

    def _on_sigterm(self, _signal: int, _frame: FrameType | None) -> None:
        self._end("signal")

    def _end(self, ended_by: str) -> None:
        self._ended_by = self._ended_by or ended_by
        self._process.terminate()
        timer = threading.Timer(KILL_AFTER_SECONDS, kill_session, [os.getpid(), os.getpid()])
        timer.daemon = True
        timer.start()


def session_members(session: int) -> list[int]:
    """Return the ids of the live processes of a session."""
    members: list[int] = []
    for process in psutil.process_iter():
        try:
            is_member = os.getsid(process.pid) == session
            if is_member and process.status() != psutil.STATUS_ZOMBIE:
                members.append(process.pid)
        except (OSError, psutil.Error):
            continue  # it has just ended, or is somebody else's
    return members


def kill_session(session: int, spared: int = 0) -> None:
    """Send SIGKILL to all processes of a session, except one."""
    for pid in session_members(session):
        if pid != spared:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue


if __name__ == "__main__":
    main(Path(sys.argv[1]))
