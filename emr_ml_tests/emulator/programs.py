"""Programs on nodes, found with all their descendants by an inherited mark."""

import os
import secrets
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

MARK = "EMULATOR_PROGRAM"
ROUNDS = 5  # a process may start another while they are being ended


class Program:
    """A process in a session of its own; its output goes to two files in `logs`.

    Raises:
        OSError: there is no such program.
    """

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], folder: Path, logs: Path
    ) -> None:
        logs.mkdir(parents=True, exist_ok=True)
        mark = secrets.token_hex(8)
        self._mark = f"{MARK}={mark}".encode()
        with (logs / "stdout").open("wb") as out, (logs / "stderr").open("wb") as err:
            self._process = subprocess.Popen(
                command,
                env={**environment, MARK: mark},
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    def poll(self) -> int | None:
        """The exit code as in a shell; None while it runs."""
        code = self._process.poll()
        return 128 - code if code is not None and code < 0 else code

    def interrupt(self) -> None:
        """Send SIGTERM to the process itself, not to its descendants."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)

    def stop(self) -> None:
        """Send SIGSTOP to all its processes, so that it neither runs nor handles signals."""
        for pid in self._all():
            _send(pid, signal.SIGSTOP)

    def end(self) -> None:
        """Send SIGKILL to all its processes."""
        for _ in range(ROUNDS):
            pids = list(self._all())
            for pid in pids:
                _send(pid, signal.SIGKILL)
            if not pids:
                break
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()

    def _all(self) -> Iterator[int]:
        for entry in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if self._mark in (entry / "environ").read_bytes().split(b"\0"):
                    yield int(entry.name)


def _send(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
