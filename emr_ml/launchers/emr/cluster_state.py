"""Clusters and steps as EMR reports them, and what their states mean for an attempt."""

import re
from dataclasses import dataclass, field
from typing import Any, Self

from botocore.exceptions import ClientError

from emr_ml.aws.client import Api, error_code
from emr_ml.launchers.remote.target import JobOutcome

CLUSTER_LIVE = ("STARTING", "BOOTSTRAPPING", "RUNNING", "WAITING")
CLUSTER_STARTING = ("STARTING", "BOOTSTRAPPING")
CLUSTER_ENDED = ("TERMINATED", "TERMINATED_WITH_ERRORS")
STEP_LIVE = ("PENDING", "RUNNING", "CANCEL_PENDING")
UNKNOWN_CLUSTER_CODES = ("InvalidRequestException", "ValidationException")
# a cluster that ends with one of these ended through no fault of its steps
BREAKDOWN_CODES = ("INSTANCE_FAILURE", "INTERNAL_ERROR")
# EMR documents no code for the end of an idle cluster, so its message is read
IDLE_END = re.compile(r"\bidle\b|auto-?terminat", re.IGNORECASE)


@dataclass(frozen=True)
class Cluster:
    """A cluster as EMR describes it; the lake's `steps.json` has the same fields.

    Args:
        id: such as `j-1A2B3C`.
        state: EMR's state.
        code: EMR's code for the reason of the state.
        message: EMR's explanation of the state.
        zone: availability zone.
        is_forgotten: whether EMR does not know the cluster: it forgets clusters some months after
            their end.
    """

    id: str
    state: str
    code: str = ""
    message: str = ""
    zone: str = ""
    is_forgotten: bool = False

    @classmethod
    def of(cls, described: dict[str, Any]) -> Self:
        """Parse the cluster in an answer of DescribeCluster or an entry of ListClusters."""
        status = described["Status"]
        reason = status.get("StateChangeReason", {})
        details = [detail.get("ErrorMessage", "") for detail in status.get("ErrorDetails", ())]
        messages = dict.fromkeys([reason.get("Message", ""), *details])
        return cls(
            id=described["Id"],
            state=status["State"],
            code=reason.get("Code", ""),
            message=" ".join(message for message in messages if message),
            zone=described.get("Ec2InstanceAttributes", {}).get("Ec2AvailabilityZone", ""),
        )

    @property
    def is_live(self) -> bool:
        return self.state in CLUSTER_LIVE

    @property
    def has_ended(self) -> bool:
        return self.state in CLUSTER_ENDED

    @property
    def broke_down(self) -> bool:
        """Whether the cluster ended through no fault of its steps."""
        return self.code in BREAKDOWN_CODES

    @property
    def was_idle(self) -> bool:
        """Whether EMR ended the cluster because it saw no work on it."""
        return bool(IDLE_END.search(self.message))


@dataclass(frozen=True)
class Step:
    """A step as EMR lists it; the lake's `steps.json` has the same fields.

    Args:
        id: such as `s-1A2B3C`.
        name: equal for both steps if a step was submitted twice.
        state: EMR's state.
        details: EMR's explanation of a failure.
        started: UTC, in ISO format.
        ended: UTC, in ISO format.
        limit: seconds after which the step's own command ends it.
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
        """Parse an entry of ListSteps."""
        status = listed["Status"]
        timeline = status.get("Timeline", {})
        started, ended = timeline.get("StartDateTime"), timeline.get("EndDateTime")
        return cls(
            id=listed["Id"],
            name=listed["Name"],
            state=status["State"],
            details=status.get("FailureDetails", {}),
            started=started and started.isoformat(),
            ended=ended and ended.isoformat(),
            limit=step_limit(listed),
        )

    @property
    def is_live(self) -> bool:
        return self.state in STEP_LIVE


@dataclass(frozen=True)
class ClusterSnapshot:
    """A cluster and its newest steps, newest first, at one moment."""

    cluster: Cluster
    steps: tuple[Step, ...]

    def steps_named(self, name: str) -> list[Step]:
        """Return the steps of that name: two if a step was submitted twice."""
        return [step for step in self.steps if step.name == name]


def step_outcome(snapshot: ClusterSnapshot, name: str) -> tuple[JobOutcome, Step | None]:
    """Return the outcome of the steps of that name, and the step that decides it.

    A step that was submitted twice is unfinished while either is live: only one of them computes.
    """
    cluster, steps = snapshot.cluster, snapshot.steps_named(name)
    live = next((step for step in steps if step.is_live), None)
    if cluster.has_ended and (live or not steps):
        return JobOutcome.LOST, live
    if live or not steps:
        return JobOutcome.UNFINISHED, live
    failed = next((step for step in steps if step.state == "FAILED"), None)
    if failed:
        # EMR also lists steps as failed that were running when their cluster broke down
        return (JobOutcome.LOST if cluster.broke_down else JobOutcome.FAILED), failed
    newest = steps[0]
    if any(step.state == "COMPLETED" for step in steps):
        return JobOutcome.SUCCEEDED, newest
    if newest.state == "CANCELLED" and cluster.is_live:
        return JobOutcome.CANCELLED, newest
    return JobOutcome.LOST, newest


def describe_cluster(api: Api, cluster: str) -> Cluster:
    """Return a cluster as EMR describes it, or as terminated if EMR does not know it.

    Raises:
        ClientError, UnansweredError: EMR refuses, or does not answer.
    """
    try:
        return Cluster.of(api.ask("describe_cluster", ClusterId=cluster)["Cluster"])
    except ClientError as error:
        if error_code(error) not in UNKNOWN_CLUSTER_CODES:
            raise
        message = "EMR does not know it any more"
        return Cluster(cluster, "TERMINATED", message=message, is_forgotten=True)


def describe_step(api: Api, cluster: str, step: str) -> Step | None:
    """Return one step as EMR lists it, or None while it is not listed yet.

    Raises:
        ClientError, UnansweredError: EMR refuses, or does not answer.
    """
    listed = api.ask("list_steps", ClusterId=cluster, StepIds=[step])["Steps"]
    return Step.of(listed[0]) if listed else None


def step_limit(listed: dict[str, Any]) -> int | None:
    """Return the seconds in a step's own command, `timeout [options] <seconds> …`."""
    args: list[str] = listed.get("Config", {}).get("Args", [])
    rest = args[args.index("timeout") + 1 :] if "timeout" in args else []
    limit = next((arg for arg in rest if not arg.startswith("-")), "")
    return int(limit) if limit.isdecimal() else None


def console_link(region: str, cluster: str) -> str:
    """Return the address of the cluster's page in the AWS console."""
    host = f"{region}.console.aws.amazon.com"
    return f"https://{host}/emr/home?region={region}#/clusterDetails/{cluster}"
