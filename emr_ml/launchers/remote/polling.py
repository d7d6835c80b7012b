"""How often launchers poll, and how long they wait."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

Listed = TypeVar("Listed")


@dataclass(frozen=True)
class PollingPolicy:
    """How often to poll, and how long to wait; all in seconds.

    Args:
        fast: between two reads of the lake.
        slow: between two requests for the states of a job or a cluster.
        visibility: how long a new cluster or job may be missing from listings.
        patience: how long the target may not answer at all before a run stops following its job.
    """

    fast: float
    slow: float
    visibility: float
    patience: float

    @property
    def cancellation(self) -> float:
        """How long to wait for the end of a job after a request to cancel it."""
        return max(self.slow, 10 * self.fast)

    @property
    def logs(self) -> float:
        """How long to wait for the log of a failed job; EMR copies logs every 5 minutes."""
        return 10 * self.slow

    @property
    def look(self) -> float:
        """How long one look at a job may be retried; the lake is not polled meanwhile."""
        return min(self.slow, 10 * self.fast)

    def wait_until_listed(self, find: Callable[[], Listed | None]) -> Listed | None:
        """Call `find` until it finds something, or return None if it is never listed."""
        deadline = time.monotonic() + self.visibility
        while (listed := find()) is None and time.monotonic() <= deadline:
            time.sleep(max(self.fast, self.visibility / 10))
        return listed


@dataclass
class Answers:
    """Whether a target answers the requests for a job's state.

    Args:
        last: when it last answered, even if only a part of the requests, by `time.monotonic`.
        failing: whether the last look failed, and none has succeeded since.
    """

    last: float = field(default_factory=time.monotonic)
    failing: bool = False

    def note(self) -> None:
        """Note an answer to a part of a look."""
        self.last = time.monotonic()


class Streak:
    """How long something has been true without a break, as far as it was looked at."""

    def __init__(self) -> None:
        self._since: float | None = None

    def seconds(self, *, is_true: bool) -> float:
        """Note whether it is true now, and return for how long it has been; 0 if it is not."""
        if not is_true:
            self._since = None
            return 0.0
        now = time.monotonic()
        if self._since is None:
            self._since = now
        return now - self._since
