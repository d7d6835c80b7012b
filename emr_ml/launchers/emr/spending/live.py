"""The clusters of this project that cost money now, and until when at the latest."""

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from emr_ml.launchers.emr.api import Api
from emr_ml.launchers.emr.config.cluster_config import ClusterConfig
from emr_ml.launchers.emr.pace import KILL_AFTER_SECONDS
from emr_ml.launchers.emr.states import CLUSTER_COMING_UP, CLUSTER_LIVE, STEP_LIVE, limit_of

OWN_PREFIX = "emr-ml "


@dataclass(frozen=True)
class LiveCluster:
    """A cluster as EMR lists it."""

    id: str
    name: str
    state: str
    created: datetime
    ready: datetime | None

    @classmethod
    def of(cls, listed: Mapping[str, Any]) -> "LiveCluster":
        """The cluster in an entry of ListClusters."""
        timeline = listed["Status"]["Timeline"]
        return cls(
            listed["Id"],
            listed["Name"],
            listed["Status"]["State"],
            timeline["CreationDateTime"],
            timeline.get("ReadyDateTime"),
        )


@dataclass(frozen=True)
class Inspected:
    """What is known of a live cluster.

    `run` is the run that the cluster was started for. `ends_by` is when EMR ends it at the
    latest if nobody gives it another step, by an idle timeout of `idle_seconds`.
    """

    cluster: LiveCluster
    run: str
    protected: bool
    zone: str | None
    active: int
    idle_seconds: int
    ends_by: datetime


def live_clusters(emr: Api) -> Iterator[LiveCluster]:
    """The clusters of this project that have not ended, and are not ending.

    Raises:
        ClientError, BotoCoreError, UnansweredError: EMR does not list them.
    """
    for page in emr.pages("list_clusters", "Clusters", ClusterStates=list(CLUSTER_LIVE)):
        yield from (LiveCluster.of(entry) for entry in page if entry["Name"].startswith(OWN_PREFIX))


def active_steps(emr: Api, cluster_id: str) -> list[dict[str, Any]]:
    """The steps that run or wait, newest first, as EMR lists them."""
    pages = emr.pages("list_steps", "Steps", ClusterId=cluster_id, StepStates=list(STEP_LIVE))
    return [step for page in pages for step in page]


def inspect(emr: Api, cluster: LiveCluster, config: ClusterConfig, now: datetime) -> Inspected:
    """Look at a cluster and its steps.

    Args:
        config: gives the idle timeout, which EMR does not tell with the cluster. One that was
            started with another configuration may have another.

    Raises:
        ClientError, BotoCoreError, UnansweredError: EMR does not describe it.
    """
    described = emr.ask("describe_cluster", ClusterId=cluster.id)["Cluster"]
    tags = {tag["Key"]: tag["Value"] for tag in described.get("Tags", ())}
    active = active_steps(emr, cluster.id)
    ended = [] if active else emr.ask("list_steps", ClusterId=cluster.id)["Steps"]
    return Inspected(
        cluster,
        tags.get("run") or cluster.name.partition(" run ")[2],
        described.get("TerminationProtected", False),
        described.get("Ec2InstanceAttributes", {}).get("Ec2AvailabilityZone"),
        len(active),
        config.idle_timeout_seconds,
        ends_by(
            cluster, active, ended, described.get("StepConcurrencyLevel", 1), config=config, now=now
        ),
    )


def ends_by(
    cluster: LiveCluster,
    active: Sequence[Mapping[str, Any]],
    ended: Sequence[Mapping[str, Any]],
    concurrency: int,
    *,
    config: ClusterConfig,
    now: datetime,
) -> datetime:
    """When EMR ends the cluster at the latest: all steps at their limits, then the idle time."""
    idle = timedelta(seconds=config.idle_timeout_seconds)
    if cluster.state in CLUSTER_COMING_UP:
        start = max(cluster.created + timedelta(seconds=config.start_limit_seconds), now)
    else:
        start = now
    if not active:
        times = [_time(step, "EndDateTime") for step in ended]
        last = max((time for time in times if time), default=cluster.ready or cluster.created)
        return (start if cluster.state in CLUSTER_COMING_UP else last) + idle
    slots: list[datetime] = []
    for step in reversed(active):  # as EMR takes them: the oldest first
        begun = _time(step, "StartDateTime")
        free = heapq.heappop(slots) if len(slots) >= concurrency and not begun else start
        limit = timedelta(
            seconds=(limit_of(dict(step)) or config.step_limit_seconds) + KILL_AFTER_SECONDS
        )
        heapq.heappush(slots, max((begun or free) + limit, now))
    return max(slots) + idle


def console_link(region: str, cluster_id: str) -> str:
    """The cluster's page in the AWS console."""
    host = f"{region}.console.aws.amazon.com"
    return f"https://{host}/emr/home?region={region}#/clusterDetails/{cluster_id}"


def _time(step: Mapping[str, Any], name: str) -> datetime | None:
    return step["Status"].get("Timeline", {}).get(name)
