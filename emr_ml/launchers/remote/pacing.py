"""Asks a target for a job's state rarely, however often the state is wanted."""

import random
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from emr_ml.launchers.remote.polling import Answers, PollingPolicy

State = TypeVar("State")

# while nothing changes, the interval grows by this factor, up to so many times `polling.slow`
INTERVAL_GROWTH = 1.25
MAX_GROWTH = 2.0
MAX_GROWTH_ON_ERRORS = 4.0


class PacedLook(Generic[State]):
    """The last state that a target has given, asked for again once it is too old.

    Args:
        ask: returns the state, or raises if the target does not answer.
        polling: how often to ask.
    """

    def __init__(self, ask: Callable[[], State], polling: PollingPolicy) -> None:
        self._ask, self._slow = ask, polling.slow
        self._interval = self._due = 0.0
        self._state: State | None = None
        self.answers = Answers()

    def latest(self) -> State | None:
        """Return the last state, or ask for it if that is due.

        None means that nothing is known: a state from before the last question failed says nothing
        about now.

        Raises:
            Exception: whatever `ask` raises.
        """
        if time.monotonic() >= self._due:
            return self.now()
        return None if self.answers.failing else self._state

    @property
    def last(self) -> State | None:
        """The last state that the target has given, however old."""
        return self._state

    def now(self) -> State:
        """Ask for the state.

        Raises:
            Exception: whatever `ask` raises.
        """
        try:
            state = self._ask()
        except Exception:
            self.answers.failing = True
            self._wait(2 * self._interval, MAX_GROWTH_ON_ERRORS)
            raise
        self.answers.failing = False
        self.answers.note()
        self._wait(self._interval * INTERVAL_GROWTH if state == self._state else 0.0, MAX_GROWTH)
        self._state = state
        return state

    def _wait(self, interval: float, growth: float) -> None:
        """Ask again after an interval between `polling.slow` and `growth` times that."""
        self._interval = min(max(interval, self._slow), growth * self._slow)
        self._due = time.monotonic() + self._interval * random.uniform(0.85, 1.15)
