"""The states of clusters and steps, as EMR names them."""

from dataclasses import dataclass, field
from typing import Any, Self

CLUSTER_LIVE = ("STARTING", "BOOTSTRAPPING", "RUNNING", "WAITING")
CLUSTER_COMING_UP = ("STARTING", "BOOTSTRAPPING")
CLUSTER_GONE = ("TERMINATED", "TERMINATED_WITH_ERRORS")
STEP_LIVE = ("PENDING", "RUNNING", "CANCEL_PENDING")


@dataclass(frozen=True)
class Cluster:
    """A cluster as EMR describes it; `code` and `message` say why it is in its state.

    EMR forgets clusters months after they ended; then `is_forgotten`.
    """

    id: str
    state: str
    code: str = ""
    message: str = ""
    zone: str = ""
    is_forgotten: bool = False

    @classmethod
    def of(cls, described: dict[str, Any]) -> Self:
        """The cluster in an answer of DescribeCluster or an entry of ListClusters."""
        status = described["Status"]
        reason = status.get("StateChangeReason", {})
        details = [detail.get("ErrorMessage", "") for detail in status.get("ErrorDetails", ())]
        messages = dict.fromkeys([reason.get("Message", ""), *details])
        return cls(
            described["Id"],
            status["State"],
            reason.get("Code", ""),
            " ".join(message for message in messages if message),
            described.get("Ec2InstanceAttributes", {}).get("Ec2AvailabilityZone", ""),
        )

    @property
    def is_live(self) -> bool:
        return self.state in CLUSTER_LIVE

    @property
    def is_gone(self) -> bool:
        return self.state in CLUSTER_GONE


@dataclass(frozen=True)
class Step:
    """A step as EMR lists it.

    `details` are EMR's own words on a failure, times are UTC, `limit` is how many seconds the
    step's own command gives it.
    """

    id: str
    name: str
    state: str
    details: dict[str, str] = field(default_factory=dict[str, str])
    started: str | None = None
    ended: str | None = None
    limit: int | None = None

    @classmethod
    def of(cls, listed: dict[str, Any]) -> Self:
        """The step in an entry of ListSteps."""
        status = listed["Status"]
        timeline = status.get("Timeline", {})
        started, ended = timeline.get("StartDateTime"), timeline.get("EndDateTime")
        return cls(
            listed["Id"],
            listed["Name"],
            status["State"],
            status.get("FailureDetails", {}),
            started and started.isoformat(),
            ended and ended.isoformat(),
            limit_of(listed),
        )

    @property
    def is_live(self) -> bool:
        return self.state in STEP_LIVE


def limit_of(listed: dict[str, Any]) -> int | None:
    """The seconds in a step's own command, `timeout [options] <seconds> …`."""
    args: list[str] = listed.get("Config", {}).get("Args", [])
    rest = args[args.index("timeout") + 1 :] if "timeout" in args else []
    limit = next((arg for arg in rest if not arg.startswith("-")), "")
    return int(limit) if limit.isdecimal() else None
