"""What a run and the commands know of the warm JVM: how to use, show and end it."""

import fcntl
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emr_ml.warm import channel
from emr_ml.warm.channel import Message, WarmError
from emr_ml.warm.jvm_spec import JvmSpec

# by then, Java has started even on a busy machine, and what a run has left is cleared
SECONDS_FOR_AN_ANSWER = 60.0
MAX_REPEATS = 2
HOLDER_LOG = "holder.log"
STDERR = 2


@dataclass(frozen=True)
class Gateway:
    """The gateway of a JVM, which this process may use until the connection is closed.

    Args:
        port, secret: of the gateway, on 127.0.0.1.
        java: id of its process.
        connection: to the holder.
    """

    port: int
    secret: str
    java: int
    connection: socket.socket


class Attachment:
    """A request for the warm JVM. It starts, if need be, while the run does something else.

    Args:
        spec: what the run needs.
        idle_seconds: how long Java waits for the next run once this one is over.
        check: is called before a JVM is started, and raises what is wrong with it.

    Raises:
        WarmError: no process can hold one here.
    """

    def __init__(self, spec: JvmSpec, idle_seconds: float, check: Callable[[], None]) -> None:
        self._spec = spec
        self._check = check
        self._request: Message = {
            "want": "java",
            "digest": spec.digest,
            "conf": dict(spec.conf),
            "idle_seconds": idle_seconds,
            "pid": os.getpid(),
        }
        self._folder = channel.own_folder()
        self._connection = self._ask()

    def wait(self) -> Gateway:
        """Return the gateway once Java is there.

        Raises:
            WarmError: another run uses it, or it does not start.
        """
        try:
            for _ in range(MAX_REPEATS):
                if answer := self._answer():
                    break
                self._connection = self._ask()  # it had another JVM, or was about to end
            else:
                answer = self._answer()
        except OSError as error:
            self._connection.close()
            raise WarmError(f"its holder does not answer: {error}") from error
        match answer:
            case {"port": port, "secret": secret, "java": java}:
                return Gateway(port, secret, java, self._connection)
            case {"busy": pid}:
                reason = f"process {pid} uses it"
            case {"failed": failure}:
                reason = f"Java did not start: {failure}"
            case _:
                reason = f"its holder ended, see {self._folder / HOLDER_LOG}"
        self._connection.close()
        raise WarmError(reason)

    def _ask(self) -> socket.socket:
        """Connect to the holder, or to a new one, and say what is wanted."""
        connection = channel.connect(self._folder)
        if connection is None:
            self._check()
            connection = _start_holder(self._folder, self._spec)
        connection.settimeout(SECONDS_FOR_AN_ANSWER)
        with suppress(OSError):  # then there will be no answer
            channel.send(connection, self._request, STDERR)
        return connection

    def _answer(self) -> Message | None:
        """Return the answer, or None if the holder has closed the connection without one."""
        try:
            return channel.receive(self._connection)[0]
        except ConnectionError:
            self._connection.close()
            return None


def holder_state(*, end: bool = False) -> dict[str, Any] | None:
    """Return what the holder says of itself, or None if there is none.

    Args:
        end: whether to end it, or to let it end with the run that uses it.

    Raises:
        WarmError: it does not answer.
    """
    connection = channel.connect(channel.own_folder())
    if connection is None:
        return None
    with connection:
        connection.settimeout(SECONDS_FOR_AN_ANSWER)
        try:
            channel.send(connection, {"want": "end" if end else "state"})
            return channel.receive(connection)[0]
        except ConnectionError:
            return None  # it has just ended
        except OSError as error:
            raise WarmError(
                f"the process that holds the warm Spark does not answer: {error}"
            ) from error


def _start_holder(folder: Path, spec: JvmSpec) -> socket.socket:
    """Start a holder, unless another run has just done so, and return a connection to it.

    Raises:
        WarmError: it can't be started.
    """
    try:
        with _open_own(folder / "start.lock") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if found := channel.connect(folder):
                return found
            with channel.listen(folder) as listener, _open_own(folder / HOLDER_LOG) as log:
                number = listener.fileno()
                # no arguments but these: the configuration may be long, and says nothing to others
                command = [sys.executable, "-P", "-m", "emr_ml.warm", str(number)]
                subprocess.run(
                    command,
                    env=dict(spec.environment),
                    cwd=spec.folder,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    pass_fds=[number],
                    start_new_session=True,
                    check=True,
                )
                # the holder may accept it later: the kernel keeps it until then
                connection = channel.connect(folder)
    except (OSError, subprocess.CalledProcessError) as error:
        raise WarmError(f"its holder can't be started: {error}") from error
    if connection is None:
        raise WarmError(f"its holder ended at once, see {folder / HOLDER_LOG}")
    return connection


def _open_own(path: Path) -> Any:
    """Open a file for writing that only its owner can read."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w")
