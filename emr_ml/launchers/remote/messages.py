"""The messages that a job sends by Dagster Pipes through the lake, logged in order and once."""

import json
import logging
import time
from typing import Any

from spark_jobs.runtime.job import Request
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.report import job_key

CLOSED = "closed"
CLOSING_TIMEOUT_SECONDS = 5.0
# needed only while the attempt runs
TEMPORARY_FOLDERS = ("messages/", "checkpoints/")


class Messages:
    """The messages of one attempt, from the first one, even if another run has logged them."""

    def __init__(self, lake: Lake, request: Request) -> None:
        self._lake = lake
        self._folder = job_key(request.asset, request.version, request.attempt, "")
        self._next = 1
        self.closed = False

    def forward(self, log: logging.Logger) -> bool:
        """Log the messages that have arrived since the last call, and return whether any have."""
        first = self._next
        while stored := self._lake.read(f"{self._folder}messages/{self._next}.json"):
            self._next += 1
            for line in stored.body.decode(errors="replace").splitlines():
                self.closed |= log_message(line, log) == CLOSED
        return self._next > first

    def finish(self, log: logging.Logger, pause: float) -> None:
        """Log the last messages: a running job closes its messages just after its report."""
        deadline = time.monotonic() + CLOSING_TIMEOUT_SECONDS
        self.forward(log)
        while not self.closed and time.monotonic() < deadline:
            time.sleep(min(pause, CLOSING_TIMEOUT_SECONDS / 20))
            self.forward(log)

    def clear(self) -> None:
        """Delete the files that are needed only while the attempt runs."""
        for name in TEMPORARY_FOLDERS:
            for entry in list(self._lake.list(self._folder + name)):
                self._lake.remove(entry.key)


def log_message(line: str, log: logging.Logger) -> str:
    """Log the text of a Pipes message, and return its method; ignore a line that is no message."""
    try:
        message: dict[str, Any] = json.loads(line)
        method = str(message["method"])
        if method != "log":
            return method
        level = logging.getLevelNamesMapping().get(message["params"]["level"], logging.INFO)
        text = str(message["params"]["message"])
    # JSON that is nested too deeply raises RecursionError
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    log.log(level, "%s", text)
    return method
