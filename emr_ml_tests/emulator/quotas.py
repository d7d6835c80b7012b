"""How many calls an account may make: token buckets, as EMR keeps them."""

import threading
from collections.abc import Callable

# burst and refill per second, of one account in one region
ALL_CALLS = (25.0, 5.0)
QUOTAS = {
    "DescribeCluster": (10.0, 1.0),
    "DescribeStep": (10.0, 0.5),
    "ListSteps": (10.0, 0.5),
    "ListClusters": (20.0, 0.5),
    "AddJobFlowSteps": (10.0, 0.5),
    "CancelSteps": (10.0, 0.5),
    "RunJobFlow": (10.0, 0.5),
    "TerminateJobFlows": (10.0, 0.5),
    "ListInstances": (10.0, 0.5),
}


class Bucket:
    """Tokens that calls take and that refill over time."""

    def __init__(self, burst: float, refill: float, now: float) -> None:
        self._burst, self._refill = burst, refill
        self._tokens, self._at = burst, now

    def filled(self, now: float) -> bool:
        """Whether a token is there, after those that have come back by now."""
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._refill)
        self._at = now
        return self._tokens >= 1.0

    def take(self) -> None:
        self._tokens -= 1.0


class Quotas:
    """The buckets of one account; they fill by the emulated clock."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._all = Bucket(*ALL_CALLS, now())
        self._own = {name: Bucket(*quota, now()) for name, quota in QUOTAS.items()}
        self._lock = threading.Lock()

    def allow(self, operation: str) -> bool:
        """Whether one more call of that operation is within the quota."""
        with self._lock:
            now = self._now()
            buckets = [self._all]
            if own := self._own.get(operation):
                buckets.append(own)
            filled = [bucket.filled(now) for bucket in buckets]
            if not all(filled):
                return False
            for bucket in buckets:
                bucket.take()
            return True
