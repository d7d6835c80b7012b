"""How tests wait for what other threads and processes do."""

import time
from collections.abc import Callable
from typing import Any

PATIENCE_SECONDS = 90.0


def wait_until(
    condition: Callable[[], Any],
    seconds: float = PATIENCE_SECONDS,
    evidence: Callable[[], str] | None = None,
    *,
    pause: float = 0.02,
) -> None:
    """Wait until the condition is true; fail the test if that takes too long.

    Args:
        condition: evaluated again and again.
        seconds: after which to fail.
        evidence: returns what to show then, such as the end of a log.
        pause: seconds between two evaluations.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, evidence() if evidence else f"in vain: {condition}"
        time.sleep(pause)
