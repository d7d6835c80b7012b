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
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Any

import psutil

JOB, DRIVER, EXIT, LOG = "job.json", "driver.json", "exit.json", "log"
KILL_AFTER_SECONDS = 20.0  # between SIGTERM and SIGKILL


def main(folder: Path) -> None:
    """Start the supervisor, and return once it has claimed the folder, or another one has."""
    readable, writable = os.pipe()
    if os.fork():
        os.close(writable)
        os.read(readable, 1)
        return
    os.setsid()
    os.close(readable)
    claimed = _claim(folder)
    job: dict[str, Any] = json.loads((folder / JOB).read_text())
    driver = _Driver(folder, job["command"], job["private"]) if claimed else None
    with Path(os.devnull).open("r+b") as nothing:
        # whoever reads this process's output must not wait for the driver's end
        for number in range(3):
            os.dup2(nothing.fileno(), number)
    os.close(writable)
    if driver:
        driver.supervise(job["limit"])


def _claim(folder: Path) -> bool:
    """Record this process as the one that runs the driver, or return False if there is one."""
    own = folder / f"{DRIVER}.{os.getpid()}"
    me = psutil.Process()
    own.write_text(json.dumps({"pid": me.pid, "started": me.create_time()}))
    try:
        (folder / DRIVER).hardlink_to(own)
    except FileExistsError:
        return False
    finally:
        own.unlink()
    return True


class _Driver:
    """A spark-submit as a child of this process.

    Args:
        folder: where it runs, and where its log is.
        command: to run.
        private: files to delete at its end.
    """

    def __init__(self, folder: Path, command: Sequence[str], private: Sequence[str]) -> None:
        self._folder, self._private, self._ended_by = folder, private, ""
        with (folder / LOG).open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def supervise(self, limit: float) -> None:
        """Wait for the end, force it after `limit` seconds or on SIGTERM, and record it."""
        signal.signal(signal.SIGTERM, self._on_sigterm)
        timer = threading.Timer(limit, self._end, ["limit"])
        timer.daemon = True
        timer.start()
        code = self._process.wait()
        for name in self._private:
            (self._folder / name).unlink(missing_ok=True)
        kill_session(os.getpid(), spared=os.getpid())
        written = self._folder / f"{EXIT}.new"
        written.write_text(json.dumps({"code": code, "ended_by": self._ended_by}))
        written.rename(self._folder / EXIT)

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
