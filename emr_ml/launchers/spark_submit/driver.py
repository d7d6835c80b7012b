"""A driver on this machine: started once, found again by its folder, and ended."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from emr_ml.launchers.base import LaunchError
from emr_ml.launchers.remote.log_tail import Tail, last_lines
from emr_ml.launchers.spark_submit import supervisor
from emr_ml.launchers.spark_submit.supervisor import kill_session, session_members

PROPERTIES = "spark.properties"
# of a process, as two reads of it may show it; ids are not reused that fast
START_TOLERANCE_SECONDS = 2.0
START_SECONDS = 60.0
KILL_ROUNDS = 50
KEEP_SECONDS = 7 * 86400.0  # logs of drivers that have ended


@dataclass(frozen=True)
class DriverState:
    """How a driver is.

    Args:
        is_running: whether any of its processes lives.
        code: its exit code, negative for a signal; None if nobody has seen its end.
        ended_by: `limit` or `signal` if its supervisor ended it.
    """

    is_running: bool
    code: int | None = None
    ended_by: str = ""


def new_folder(parent: Path) -> Path:
    """Make a folder for a driver that only this user can read, and tidy up those of others."""
    parent.mkdir(parents=True, exist_ok=True)
    for driver in drivers_in(parent):
        with suppress(OSError):  # another launcher may be tidying up, too
            driver.tidy()
    folder = parent / uuid.uuid4().hex
    folder.mkdir(mode=0o700)
    return folder


def drivers_in(parent: Path) -> "Iterator[Driver]":
    """Yield all drivers whose folders are there."""
    folders = parent.iterdir() if parent.is_dir() else ()
    return (Driver(each) for each in folders if each.is_dir())


class Driver:
    """The driver of one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def log(self) -> Path:
        return self._folder / supervisor.LOG

    @property
    def name(self) -> str:
        """What it was started as; "" if it was not started."""
        return str(self._read(supervisor.JOB).get("name", ""))

    @property
    def pid(self) -> int:
        """Process id of its supervisor, which is the id of the session of all its processes."""
        return int(self._read(supervisor.DRIVER).get("pid", 0))

    @property
    def started(self) -> float:
        """When it was started, in seconds since 1970; 0 if it was not."""
        return float(self._read(supervisor.DRIVER).get("started", 0.0))

    def start(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        properties: str,
        limit: float,
    ) -> None:
        """Start it, unless it was started before.

        Args:
            name: for people who list drivers.
            command: spark-submit with its arguments; it runs in the folder.
            environment: of all its processes.
            properties: for the file `PROPERTIES`, which is deleted at its end.
            limit: seconds after which it is ended.

        Raises:
            LaunchError: it can't be started, and won't be.
        """
        if self.pid:
            return
        job = {"name": name, "command": list(command), "private": [PROPERTIES], "limit": limit}
        script = [sys.executable, supervisor.__file__, str(self._folder)]
        try:
            self._write(PROPERTIES, properties)
            self._write(supervisor.JOB, json.dumps(job))
            said = subprocess.run(
                script,
                env=environment,
                check=True,
                capture_output=True,
                text=True,
                timeout=START_SECONDS,
            ).stderr
        except (OSError, subprocess.SubprocessError) as error:
            with suppress(OSError):
                self.end()  # it may start after all
            said = getattr(error, "stderr", None) or b""
            raise LaunchError(_not_started(error, said)) from error
        if not self.pid:
            with suppress(OSError):
                self.end()
            raise LaunchError(_not_started("nothing has claimed its folder", said))

    def state(self) -> DriverState:
        """Return how it is."""
        if not (ended := self._read(supervisor.EXIT)):
            pid = self.pid
            if pid and session_members(pid) and self._is_same_session():
                return DriverState(is_running=True)
            ended = self._read(supervisor.EXIT)  # it may have ended between the two
        return DriverState(False, ended.get("code"), ended.get("ended_by", ""))

    def end(self) -> bool:
        """End all its processes, the hard way if they don't end by SIGTERM; return if they did.

        A driver that has not been started yet won't be.
        """
        if not self._folder.exists() or supervisor.claim(self._folder, 0, 0.0):
            self.forget_secrets()
            return True
        session = self.pid
        has_ended = not session or not self._is_same_session() or _end_session(session)
        if has_ended:
            self.forget_secrets()
        return has_ended

    def forget_secrets(self) -> None:
        """Delete its properties: its supervisor does that only if it lives until the end."""
        (self._folder / PROPERTIES).unlink(missing_ok=True)

    def tidy(self) -> None:
        """Delete what is not needed any more: secrets first, and all else after `KEEP_SECONDS`."""
        if self.state().is_running:
            return
        changes = [each.stat().st_mtime for each in self._folder.iterdir()]
        age = time.time() - max(changes, default=self._folder.stat().st_mtime)
        if age > 2 * START_SECONDS:  # nobody is about to start it
            self.forget_secrets()
        if age > KEEP_SECONDS:
            shutil.rmtree(self._folder, ignore_errors=True)

    def tail(self) -> Tail:
        """Return the end of its log."""
        try:
            with self.log.open("rb", buffering=0) as log:
                return Tail(str(self.log), last_lines(log), "it is empty")
        except OSError as error:
            return Tail(str(self.log), problem=f"it can't be read: {error}")

    def _is_same_session(self) -> bool:
        """Return False if the id is that of a later process, which has nothing to do with it."""
        try:
            started = psutil.Process(self.pid).create_time()
        except psutil.NoSuchProcess:
            # the id of a session is not given to others while one of its processes lives
            return True
        return abs(started - self.started) < START_TOLERANCE_SECONDS

    def _read(self, name: str) -> dict[str, Any]:
        try:
            return json.loads((self._folder / name).read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            return {}  # a full disk leaves empty files

    def _write(self, name: str, text: str) -> None:
        path = self._folder / name
        path.touch(mode=0o600)
        path.write_text(text)


def _end_session(session: int) -> bool:
    """End the processes of a session by SIGTERM to its leader, or else by SIGKILL to all."""
    with suppress(ProcessLookupError):
        os.kill(session, signal.SIGTERM)
    deadline = time.monotonic() + supervisor.KILL_AFTER_SECONDS + 5
    while (members := session_members(session)) and time.monotonic() < deadline:
        if session not in members:
            break  # nobody is left who would wait for them
        time.sleep(0.1)
    for _ in range(KILL_ROUNDS):
        if not session_members(session):
            return True
        kill_session(session)
        time.sleep(0.1)
    return False


def _not_started(cause: object, said: str | bytes) -> str:
    """Return a message with what the supervisor said, which `subprocess` may give as bytes."""
    text = said.decode(errors="replace") if isinstance(said, bytes) else said
    return "\n".join(filter(None, (f"no driver can be started here: {cause}", text.strip())))
