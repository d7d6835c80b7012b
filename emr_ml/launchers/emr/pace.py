"""How often EMR and the lake are looked at, and how long is waited for what."""

from dataclasses import dataclass

KILL_AFTER_SECONDS = 60


@dataclass(frozen=True)
class Pace:
    """All in seconds.

    Args:
        fast: between two looks into the lake.
        slow: between two looks at EMR's own listings of a cluster, by all its followers together.
        visibility: how long a new cluster or step may be missing from EMR's listings.
        patience: how long AWS may give no answer at all before a run gives up following.
    """

    fast: float
    slow: float
    visibility: float
    patience: float

    @property
    def cancellation(self) -> float:
        """How long a step may take to end after it was asked to."""
        return max(self.slow, 10 * self.fast)

    @property
    def logs(self) -> float:
        """How long the log of a failed step is waited for; EMR copies logs every 5 minutes."""
        return 10 * self.slow
