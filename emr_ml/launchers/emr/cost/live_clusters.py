"""The clusters of this project that cost money now: state, cost so far, and when they end."""

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from emr_ml.aws.client import Api, UnansweredError
from emr_ml.aws.problems import diagnose
from emr_ml.launchers.emr.cluster_state import CLUSTER_LIVE, CLUSTER_STARTING, STEP_LIVE, step_limit
from emr_ml.launchers.emr.config.model import ClusterConfig
from emr_ml.launchers.emr.context import KILL_AFTER_SECONDS
from emr_ml.launchers.emr.cost.estimate import Cost, cluster_cost

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
    if cluster.state in CLUSTER_STARTING:
        start = max(cluster.created + timedelta(seconds=config.start_limit_seconds), now)
    else:
        start = now
    if not active:
        times = [_time(step, "EndDateTime") for step in ended]
        last = max((time for time in times if time), default=cluster.ready or cluster.created)
        return (start if cluster.state in CLUSTER_STARTING else last) + idle
    slots: list[datetime] = []
    for step in reversed(active):  # as EMR takes them: the oldest first
        begun = _time(step, "StartDateTime")
        free = heapq.heappop(slots) if len(slots) >= concurrency and not begun else start
        limit = timedelta(
            seconds=(step_limit(dict(step)) or config.step_limit_seconds) + KILL_AFTER_SECONDS
        )
        heapq.heappush(slots, max((begun or free) + limit, now))
    return max(slots) + idle


def _time(step: Mapping[str, Any], name: str) -> datetime | None:
    return step["Status"].get("Timeline", {}).get(name)


MOST_IDS = 10  # TerminateJobFlows takes no more
PROTECTED = (
    "{id} is protected from termination, so it was left alone: "
    "`aws emr modify-cluster-attributes --cluster-id {id} --no-termination-protected` lifts that"
)


@dataclass(frozen=True)
class Row:
    """A live cluster with its cost so far."""

    seen: Inspected
    cost: Cost

    def text(self, now: datetime) -> str:
        cluster = self.seen.cluster
        parts = (
            f"{cluster.id:<15} {cluster.state:<13} {span(now - cluster.created):>8}",
            f"run {self.seen.run[:8] or 'unknown'}",
            f"{self.seen.active} active step{'' if self.seen.active == 1 else 's'}",
            self.cost.text(),
            _end(self.seen, now),
        )
        return f"{'  '.join(parts)}\n                {cluster.name}"


def rows(emr: Api, region: str, config: ClusterConfig) -> Iterator[Row | str]:
    """The live clusters of this project, or why one could not be looked at.

    Raises:
        ClientError, BotoCoreError, UnansweredError: EMR does not list clusters.
    """
    for cluster in live_clusters(emr):
        try:
            seen = inspect(emr, cluster, config, datetime.now(UTC))
        except (ClientError, UnansweredError) as error:
            trouble = diagnose(error)
            yield f"{cluster.id:<15} {cluster.state:<13} could not be looked at: {trouble}"
        else:
            yield Row(seen, cluster_cost(cluster.id, region=region, zone=seen.zone))


def is_idle(seen: Inspected) -> bool:
    """Whether it waits, and no step has been added."""
    return seen.cluster.state == "WAITING" and not seen.active


def end_idle(emr: Api, found: Iterable[Inspected]) -> Iterator[tuple[bool, str]]:
    """End the idle ones among the clusters; for each, whether all went well, and what was done.

    A protected cluster is skipped. The steps are looked at once more before each call. A step
    that comes in after that fails with its cluster: somebody ended it.

    Raises:
        BotoCoreError: EMR can't be asked.
    """
    idle = [seen for seen in found if is_idle(seen)]
    for seen in idle:
        if seen.protected:
            yield True, PROTECTED.format(id=seen.cluster.id)
    open_to_end = [seen.cluster.id for seen in idle if not seen.protected]
    for ids in _batched(open_to_end, MOST_IDS):
        yield from _end_these(emr, ids)


def _end_these(emr: Api, ids: Sequence[str]) -> Iterator[tuple[bool, str]]:
    still: list[str] = []
    for cluster_id in ids:
        try:
            if active_steps(emr, cluster_id):
                yield True, f"{cluster_id} has got a step just now, so it was left alone"
            else:
                still.append(cluster_id)
        except (ClientError, UnansweredError) as error:
            yield False, f"{cluster_id} was left alone: {diagnose(error)}"
    if not still:
        return
    try:
        # a cluster that is asked to end twice ends once, so this may be sent again
        emr.ask("terminate_job_flows", JobFlowIds=still)
    except (ClientError, UnansweredError) as error:
        yield False, f"{', '.join(still)} could not be ended: {diagnose(error)}"
    else:
        for cluster_id in still:
            yield True, f"{cluster_id} was idle, and is ending"


def span(time: timedelta) -> str:
    """A length of time for people: `3h 05m`."""
    minutes = max(int(time.total_seconds()) // 60, 0)
    return f"{minutes // 60}h {minutes % 60:02}m"


def _end(seen: Inspected, now: datetime) -> str:
    if seen.ends_by < now:
        ago = span(now - seen.ends_by)
        return f"should have ended {ago} ago, by an idle timeout of {seen.idle_seconds} s"
    return f"ends in {span(seen.ends_by - now)} at the latest"


def _batched(ids: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), size):
        yield ids[start : start + size]
