"""The socket between a run and the holder: where it is, and what is said on it.

A run says what it wants in one line of JSON, with its stderr, and gets one line back. It keeps the
connection for as long as it uses the JVM. The kernel closes it when the process ends, in whatever
way, so the holder always learns that the JVM is free.
"""

import json
import os
import socket
import stat
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

ADDRESS = "spark.sock"
MAX_ADDRESS_BYTES = 100  # macOS allows 104
MAX_BYTES = 1 << 20
Message = dict[str, Any]


class WarmError(Exception):
    """There is no warm Spark for this run, for the reason that the message names."""


def own_folder() -> Path:
    """Return the folder with the socket, which only its owner can enter; create it if needed.

    Raises:
        WarmError: it can't be created, or is not this user's alone.
    """
    runtime = Path(os.environ.get("XDG_RUNTIME_DIR", ""))
    try:
        # one that is not absolute is invalid by its specification, and differs from run to command
        folder = (runtime if runtime.is_absolute() else Path.home() / ".cache") / "emr_ml"
    except RuntimeError as error:
        raise WarmError(f"{error}") from error
    if len(os.fsencode(folder / ADDRESS)) > MAX_ADDRESS_BYTES:
        folder = Path(tempfile.gettempdir(), f"emr_ml-{os.geteuid()}")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        state = folder.lstat()
    except OSError as error:
        raise WarmError(f"{folder} can't be used: {error.strerror}") from error
    if not stat.S_ISDIR(state.st_mode) or state.st_uid != os.geteuid():
        raise WarmError(f"{folder} is not a folder of this user: remove it")
    if state.st_mode & 0o077:
        raise WarmError(f"others can enter {folder}: run `chmod 700 {folder}`")
    return folder


def connect(folder: Path) -> socket.socket | None:
    """Return a connection to the holder, or None if there is none."""
    client = socket.socket(socket.AF_UNIX)
    try:
        client.connect(str(folder / ADDRESS))
    except OSError:
        client.close()
        return None
    return client


def listen(folder: Path) -> socket.socket:
    """Return a new socket at the address, in place of one that nobody listens on."""
    listener = socket.socket(socket.AF_UNIX)
    with suppress(FileNotFoundError):
        (folder / ADDRESS).unlink()
    listener.bind(str(folder / ADDRESS))
    (folder / ADDRESS).chmod(0o600)
    listener.listen()
    return listener


def send(connection: socket.socket, message: Message, output: int | None = None) -> None:
    """Send a message, and an open file for the output of Java if there is one.

    Raises:
        OSError: the other side is gone.
    """
    text = json.dumps(message).encode() + b"\n"
    sent = socket.send_fds(connection, [text], [] if output is None else [output])
    if sent < len(text):  # else the other side may have answered and be gone
        connection.sendall(text[sent:])


def receive(connection: socket.socket) -> tuple[Message, int | None]:
    """Return the next message, and the file that came with it.

    Raises:
        OSError: the other side is gone, or silent for too long.
        ValueError: it says something else.
    """
    text, file = b"", None
    try:
        while not text.endswith(b"\n"):
            part, files, _, _ = socket.recv_fds(connection, MAX_BYTES, 1)
            text += part
            file = files[0] if files else file
            if not part or len(text) > MAX_BYTES:
                raise ConnectionResetError("the connection ended within a message")
        return json.loads(text), file
    except BaseException:
        if file is not None:
            os.close(file)
        raise
