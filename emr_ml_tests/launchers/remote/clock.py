"""A clock for code that waits: sleeping takes no time, and lets the clock's time pass."""

import time
from types import ModuleType

import pytest


class FakeClock:
    """Stands in for `time` in the modules that are given, and nowhere else."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *modules: ModuleType) -> None:
        # what was noted by the true clock before is not in the future of this one
        self.start = self.now = time.monotonic()
        for module in modules:
            monkeypatch.setattr(module, "time", self)

    def at(self, seconds: float) -> None:
        """Let it be so many seconds after the start of the test."""
        self.now = self.start + seconds

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
