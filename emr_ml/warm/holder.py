"""The process that keeps Java warm: it lends it to one run at a time, and ends with it.

`client` starts it, with a listening socket and with the environment that Java needs.
"""

import logging
import os
import select
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

from emr_ml.warm import channel
from emr_ml.warm.channel import Message
from emr_ml.warm.jvm import Output, WarmJvm

SECONDS_TO_SPEAK = 5.0
SECONDS_TO_CLEAR = 45.0
SECONDS_BETWEEN_LOOKS = 1.0
LOG = logging.getLogger("emr_ml.warm")


@dataclass(frozen=True)
class Run:
    """The run that uses Java: its connection, which the kernel closes with its process."""

    connection: socket.socket
    pid: int


class Holder:
    """Answers runs and commands until Java is no longer wanted.

    Args:
        listener: the socket on which they ask; the first of them is a run.
    """

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._output = Output()
        self._worker = ThreadPoolExecutor(1)  # py4j has a connection to Java for each thread
        self._java: WarmJvm | None = None
        self._digest = ""
        self._run: Run | None = None
        self._idle_seconds = SECONDS_TO_SPEAK  # for a run that ended before it said a word
        self._free_since = time.monotonic()
        self._ends_with_run = False
        self._over = ""  # why it ends

    def serve(self) -> None:
        """Answer until Java has ended, is not wanted, or was idle for too long."""
        try:
            while not self._over:
                self._serve_once()
        finally:
            LOG.info("%s", self._over or "failed")
            self._listener.close()
            if self._java:
                self._java.end()

    def _serve_once(self) -> None:
        runs = [self._run.connection] if self._run else []
        left = self._free_since + self._idle_seconds - time.monotonic()
        wait = SECONDS_BETWEEN_LOOKS if runs else max(left, 0.0)
        ready, _, _ = select.select([self._listener, *runs], [], [], wait)
        if self._java and self._java.ended():
            self._over = "Java has ended"
        elif runs and runs[0] in ready:
            self._take_back()
        elif ready:
            self._answer(self._listener.accept()[0])
        elif not runs:
            self._over = f"nobody wanted Java for {self._idle_seconds:.0f} seconds"

    def _answer(self, connection: socket.socket) -> None:
        connection.settimeout(SECONDS_TO_SPEAK)
        lent = False
        with suppress(OSError, ValueError):  # whoever asked is gone
            request, output = channel.receive(connection)
            if request["want"] == "java":
                lent = self._lend(connection, request, output)
            elif request["want"] == "end":
                self._end(connection)
            else:
                channel.send(connection, self._state())
        if not lent:
            connection.close()

    def _lend(self, connection: socket.socket, request: Message, output: int | None) -> bool:
        """Let a run use Java, and return whether it does."""
        fits = self._java is None or self._digest == request["digest"]
        if self._run or self._over or not fits:
            if output is not None:
                os.close(output)
            if self._run:
                channel.send(connection, {"busy": self._run.pid})
            elif not fits:
                self._over = "a run needs another JVM"
                self._listener.close()  # before the run's connection: then that run starts its own
            return False
        self._output.use(output)
        try:
            java = self._java or self._start(request)
        except Exception as error:
            LOG.exception("Java did not start")
            self._over = f"Java did not start: {error}"
            answer: Message = {"failed": str(error)}
        else:
            answer = {**java.address, "java": java.pid}
        try:
            channel.send(connection, answer)
        except OSError:
            self._output.use(None)
            raise
        if self._over:
            self._output.use(None)
            return False
        self._idle_seconds = request["idle_seconds"]
        self._run = Run(connection, request["pid"])
        return True

    def _start(self, request: Message) -> WarmJvm:
        self._java = self._worker.submit(WarmJvm, request["conf"], self._output).result()
        self._digest = request["digest"]
        return self._java

    def _take_back(self) -> None:
        """Make Java as good as new after a run, however that ended."""
        assert self._run
        assert self._java
        # whoever reads that run's output shall see its end at once
        self._output.use(None)
        self._run.connection.close()
        self._run = None
        try:
            used_up = self._worker.submit(self._java.clear).result(SECONDS_TO_CLEAR)
        except Exception as error:
            LOG.exception("Java could not be cleared")
            used_up = f"Java could not be cleared: {error!r}"
        self._over = used_up or ("it was told to end" if self._ends_with_run else "")
        self._free_since = time.monotonic()

    def _end(self, connection: socket.socket) -> None:
        """End Java now, or else with the run that uses it."""
        if self._run:
            self._ends_with_run = True
        elif self._java:
            self._java.end()
            self._over = "it was told to end"
        channel.send(connection, self._state())

    def _state(self) -> Message:
        left = self._free_since + self._idle_seconds - time.monotonic()
        return {
            "java": self._java and self._java.pid,
            "run": self._run and self._run.pid,
            "seconds_left": None if self._run else max(left, 0.0),
        }


def hold(listener: int) -> None:
    """Serve on the listening socket with this file number."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    Holder(socket.socket(fileno=listener)).serve()
