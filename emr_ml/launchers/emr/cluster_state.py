"""The state of a cluster and its steps, shared by all that follow them."""

import random
import time
import uuid
from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import Any, Self

from botocore.exceptions import ClientError

from emr_ml.aws.client import Api, error_code
from emr_ml.launchers.emr.context import PollingPolicy
from spark_jobs.runtime.job import JobError
from spark_jobs.runtime.lake import Lake, Stored
from spark_jobs.runtime.lake.base import as_json

CLUSTER_LIVE = ("STARTING", "BOOTSTRAPPING", "RUNNING", "WAITING")
CLUSTER_COMING_UP = ("STARTING", "BOOTSTRAPPING")
CLUSTER_GONE = ("TERMINATED", "TERMINATED_WITH_ERRORS")
UNKNOWN_CLUSTER = ("InvalidRequestException", "ValidationException")
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


def describe_cluster(api: Api, cluster: str) -> Cluster:
    """What EMR says of a cluster; one that EMR does not know is gone."""
    try:
        return Cluster.of(api.ask("describe_cluster", ClusterId=cluster)["Cluster"])
    except ClientError as error:
        if error_code(error) not in UNKNOWN_CLUSTER:
            raise
        message = "EMR does not know it any more"
        return Cluster(cluster, "TERMINATED", message=message, is_forgotten=True)


def limit_of(listed: dict[str, Any]) -> int | None:
    """The seconds in a step's own command, `timeout [options] <seconds> …`."""
    args: list[str] = listed.get("Config", {}).get("Args", [])
    rest = args[args.index("timeout") + 1 :] if "timeout" in args else []
    limit = next((arg for arg in rest if not arg.startswith("-")), "")
    return int(limit) if limit.isdecimal() else None


GROWTH = 1.25
MOST_GROWTH = 2.0
MOST_GROWTH_IN_TROUBLE = 4.0


@dataclass(frozen=True)
class ClusterSnapshot:
    """A cluster and its newest steps as EMR told them."""

    cluster: Cluster
    steps: tuple[Step, ...]

    def named(self, name: str) -> list[Step]:
        """The steps of that name: more than one if one was sent twice."""
        return [step for step in self.steps if step.name == name]


class ClusterWatcher:
    """The looks at one cluster, as one follower sees them over time.

    `failing` while EMR has not told since it was last asked.
    """

    def __init__(self, api: Api, lake: Lake, cluster: str, pace: PollingPolicy) -> None:
        self._api, self._lake, self._cluster, self._pace = api, lake, cluster, pace
        self._key = f"clusters/{cluster}/steps.json"
        self._etag: str | None = None
        self._interval = 0.0
        self._since = time.monotonic()
        self._latest: ClusterSnapshot | None = None
        self.failing = False

    def latest(self) -> ClusterSnapshot | None:
        """The newest look that anybody took; taken now if it is time to.

        Raises:
            ClientError, UnansweredError: EMR was asked, and did not tell.
        """
        stored = self._lake.read(self._key)
        if stored and stored.etag != self._etag:
            self._etag, self._since = stored.etag, time.monotonic()
            self._interval = self._interval or self._pace.slow
            # while somebody has the turn, there is no look
            if found := _parse_snapshot(stored):
                self._learn(found)
        if time.monotonic() - self._since >= self._interval:
            self._take()
        return self._latest

    def ask_for(self, step: str) -> Step | None:
        """One step as EMR tells it now; None while it is not listed yet."""
        listed = self._api.ask("list_steps", ClusterId=self._cluster, StepIds=[step])["Steps"]
        return Step.of(listed[0]) if listed else None

    def _take(self) -> None:
        """Ask EMR, if nobody else has the turn."""
        self._since = time.monotonic()
        turn = as_json({"turn": uuid.uuid4().hex})
        self._etag = (
            self._lake.swap(self._key, turn, self._etag)
            if self._etag
            else self._lake.create(self._key, turn)
        )
        if self._etag is None:
            return
        try:
            look = self._ask()
        except Exception:
            self.failing = True
            slow = self._pace.slow
            self._interval = min(max(2 * self._interval, slow), MOST_GROWTH_IN_TROUBLE * slow)
            raise
        self._learn(look)
        self._etag = self._lake.write(self._key, as_json(asdict(look)))

    def now(self) -> ClusterSnapshot:
        """What EMR tells now, for who is about to conclude something."""
        look = self._ask()
        self._learn(look)
        return look

    def _ask(self) -> ClusterSnapshot:
        cluster = describe_cluster(self._api, self._cluster)
        steps: list[Step] = []
        if cluster.is_forgotten:
            return ClusterSnapshot(cluster, ())
        for page in self._api.pages("list_steps", "Steps", ClusterId=self._cluster):
            found = [Step.of(entry) for entry in page]
            steps += found
            # newest first: behind a page on which all have ended, nobody waits for any
            if not any(step.is_live for step in found):
                break
        return ClusterSnapshot(cluster, tuple(steps))

    def _learn(self, look: ClusterSnapshot) -> None:
        """Take what EMR told; look less often while nothing changes."""
        self.failing = False
        slow = self._pace.slow
        grown = self._interval * GROWTH if look == self._latest else slow
        self._interval = min(max(grown, slow), MOST_GROWTH * slow) * random.uniform(0.85, 1.15)
        self._latest = look


def _parse_snapshot(stored: Stored) -> ClusterSnapshot | None:
    def made(value: dict[str, Any]) -> ClusterSnapshot:
        return ClusterSnapshot(
            Cluster(**value["cluster"]), tuple(Step(**step) for step in value["steps"])
        )

    try:
        return stored.parsed(made)
    except JobError:
        # somebody has the turn, or another release has been there
        return None


class StepOutcome(Enum):
    """An attempt's state by EMR's word."""

    GOES_ON = "it is listed as alive, or not listed yet"
    ENDED = "its process ended well: the report must be there"
    FAILED = "its process failed"
    CANCELLED = "somebody cancelled it on a cluster that lives"
    LOST = "its cluster or its node is gone, and it was not over"


def step_outcome(look: ClusterSnapshot, name: str) -> tuple[StepOutcome, Step | None]:
    """The state of the steps of that name, and the one that tells it.

    A step that was sent twice goes on while one of the two does: only one of them computes.
    """
    steps = look.named(name)
    live = next((step for step in steps if step.is_live), None)
    ended = steps[0] if steps else None
    if look.cluster.is_gone and (live or not steps):
        return StepOutcome.LOST, live
    if live or ended is None:
        return StepOutcome.GOES_ON, live
    failed = next((step for step in steps if step.state == "FAILED"), None)
    if failed:
        # steps that were running when their cluster broke down are listed as failed, too
        return (StepOutcome.LOST if broke_down(look) else StepOutcome.FAILED), failed
    if any(step.state == "COMPLETED" for step in steps):
        return StepOutcome.ENDED, ended
    if ended.state == "CANCELLED" and look.cluster.is_live:
        return StepOutcome.CANCELLED, ended
    return StepOutcome.LOST, ended


def broke_down(look: ClusterSnapshot) -> bool:
    """Whether the cluster ended through no fault of its steps."""
    return look.cluster.code in ("INSTANCE_FAILURE", "INTERNAL_ERROR")
