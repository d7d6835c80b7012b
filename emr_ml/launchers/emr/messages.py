"""What a job said by Dagster Pipes: read in order, and once."""

import json
import logging
import time
from typing import Any

from spark_jobs.runtime.job import Request
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.report import job_key

CLOSED = "closed"
LONGEST_GOODBYE_SECONDS = 5.0
GONE_WITH_THE_ATTEMPT = ("messages/", "checkpoints/")


class Messages:
    """The messages of one attempt, from the first, whoever followed it before."""

    def __init__(self, lake: Lake, request: Request) -> None:
        self._lake = lake
        self._folder = job_key(request.asset, request.version, request.attempt, "")
        self._next = 1
        self.closed = False

    def forward(self, log: logging.Logger) -> None:
        """Log what has been said since the last call."""
        while stored := self._lake.read(f"{self._folder}messages/{self._next}.json"):
            self._next += 1
            for line in stored.body.decode(errors="replace").splitlines():
                self.closed |= say(line, log) == CLOSED

    def finish(self, log: logging.Logger, pause: float) -> None:
        """Log what a job says after its report: it ends a moment later, if it is there at all."""
        until = time.monotonic() + LONGEST_GOODBYE_SECONDS
        self.forward(log)
        while not self.closed and time.monotonic() < until:
            time.sleep(min(pause, LONGEST_GOODBYE_SECONDS / 5))
            self.forward(log)

    def clear(self) -> None:
        """Remove what serves only while the attempt runs."""
        for name in GONE_WITH_THE_ATTEMPT:
            for entry in list(self._lake.list(self._folder + name)):
                self._lake.remove(entry.key)


def say(line: str, log: logging.Logger) -> str:
    """Log one Pipes message, if it is one that a job logged; what kind of message it is."""
    try:
        message: dict[str, Any] = json.loads(line)
        method = str(message["method"])
        if method != "log":
            return method
        level = logging.getLevelNamesMapping().get(message["params"]["level"], logging.INFO)
        text = str(message["params"]["message"])
    # what is nested too deeply is a RecursionError
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    log.log(level, "%s", text)
    return method
