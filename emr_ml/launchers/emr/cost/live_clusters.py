"""The project's live clusters: which exist, when each ends at the latest, and how to end them."""

import heapq
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from emr_ml.aws.client import AWS_ERRORS, Api
from emr_ml.aws.problems import diagnose
from emr_ml.launchers.emr.cluster_state import (
    CLUSTER_ENDED,
    CLUSTER_LIVE,
    CLUSTER_STARTING,
    STEP_LIVE,
    describe_cluster,
    step_limit,
)
from emr_ml.launchers.emr.config.model import ClusterConfig
from emr_ml.launchers.emr.requests.step import KILL_AFTER_SECONDS

NAME_PREFIX = "emr-ml "
MAX_IDS_PER_CALL = 10  # of TerminateJobFlows
PROTECTED = (
    "{id} is protected from termination, so it was skipped: remove the protection with "
    "`aws emr modify-cluster-attributes --cluster-id {id} --no-termination-protected`"
)


@dataclass(frozen=True)
class LiveCluster:
    """A cluster as EMR lists it."""

    id: str
    name: str
    state: str
    created: datetime
    ready: datetime | None

    @classmethod
    def of(cls, entry: Mapping[str, Any]) -> "LiveCluster":
        """Return the cluster in an entry of ListClusters."""
        timeline = entry["Status"]["Timeline"]
        return cls(
            entry["Id"],
            entry["Name"],
            entry["Status"]["State"],
            timeline["CreationDateTime"],
            timeline.get("ReadyDateTime"),
        )

    @property
    def is_starting(self) -> bool:
        return self.state in CLUSTER_STARTING

    def age(self, now: datetime) -> timedelta:
        """Return the time since the cluster was requested."""
        return now - self.created


@dataclass(frozen=True)
class ClusterDetails:
    """What is known of a live cluster.

    Args:
        run_id: the run that the cluster was started for; empty if not known.
        is_protected: it has termination protection.
        zone: its availability zone.
        active_steps: number of steps that run or are queued.
        latest_end: when EMR ends it at the latest, if nobody adds another step.
    """

    cluster: LiveCluster
    run_id: str
    is_protected: bool
    zone: str | None
    active_steps: int
    idle_timeout_seconds: int
    latest_end: datetime

    @property
    def is_idle(self) -> bool:
        return self.cluster.state == "WAITING" and not self.active_steps


def live_clusters(emr: Api) -> Iterator[LiveCluster]:
    """Yield the clusters of this project that have not ended, and are not ending.

    Raises:
        ClientError, BotoCoreError, UnansweredError: EMR does not list them.
    """
    for page in emr.pages("list_clusters", "Clusters", ClusterStates=list(CLUSTER_LIVE)):
        for entry in page:
            if entry["Name"].startswith(NAME_PREFIX):
                yield LiveCluster.of(entry)


def clusters_with_role(emr: Api, service_role: str) -> list[LiveCluster]:
    """Return the live clusters whose service role has that name.

    Raises:
        ClientError, BotoCoreError, UnansweredError: EMR does not list or describe them.
    """

    def has_role(cluster: LiveCluster) -> bool:
        described = emr.ask("describe_cluster", ClusterId=cluster.id)["Cluster"]
        # EMR returns a name or an ARN
        return described.get("ServiceRole", "").rpartition("/")[2] == service_role

    return [cluster for cluster in live_clusters(emr) if has_role(cluster)]


def describe_details(
    emr: Api, cluster: LiveCluster, config: ClusterConfig, now: datetime
) -> ClusterDetails:
    """Read a cluster's description and steps.

    Args:
        config: has the idle timeout, which EMR does not return. A cluster that was started with
            another configuration may have another one.

    Raises:
        ClientError, BotoCoreError, UnansweredError: EMR does not describe it.
    """
    described = emr.ask("describe_cluster", ClusterId=cluster.id)["Cluster"]
    tags = {tag["Key"]: tag["Value"] for tag in described.get("Tags", ())}
    active = _active_steps(emr, cluster.id)
    if active:
        concurrency = described.get("StepConcurrencyLevel", 1)
        end_of_steps = _end_of_steps(cluster, active, concurrency, config=config, now=now)
    else:
        end_of_steps = _idle_since(emr, cluster, config, now)
    return ClusterDetails(
        cluster,
        run_id=tags.get("run") or cluster.name.partition(" run ")[2],
        is_protected=described.get("TerminationProtected", False),
        zone=described.get("Ec2InstanceAttributes", {}).get("Ec2AvailabilityZone"),
        active_steps=len(active),
        idle_timeout_seconds=config.idle_timeout_seconds,
        latest_end=end_of_steps + timedelta(seconds=config.idle_timeout_seconds),
    )


def terminate_idle(emr: Api, candidates: Iterable[ClusterDetails]) -> Iterator[tuple[bool, str]]:
    """Terminate the idle clusters among the candidates, and yield success and a message for each.

    A protected cluster is skipped. Steps are listed again before each call. A step that is added
    after that fails with its cluster.

    """
    idle = [details for details in candidates if details.is_idle]
    for details in idle:
        if details.is_protected:
            yield True, PROTECTED.format(id=details.cluster.id)
    ids = [details.cluster.id for details in idle if not details.is_protected]
    for start in range(0, len(ids), MAX_IDS_PER_CALL):
        yield from _terminate(emr, ids[start : start + MAX_IDS_PER_CALL])


def terminate_and_wait(emr: Api, clusters: Sequence[LiveCluster], poll_seconds: float) -> None:
    """Terminate the clusters with all their steps, and wait until their instances are gone.

    Raises:
        ClientError, BotoCoreError, UnansweredError: EMR refuses, or does not answer.
    """
    for cluster in clusters:
        emr.ask("terminate_job_flows", JobFlowIds=[cluster.id])
    for cluster in clusters:
        while describe_cluster(emr, cluster.id).state not in CLUSTER_ENDED:
            time.sleep(poll_seconds)


def _active_steps(emr: Api, cluster_id: str) -> list[dict[str, Any]]:
    """Return the running and queued steps as EMR lists them, newest first."""
    pages = emr.pages("list_steps", "Steps", ClusterId=cluster_id, StepStates=list(STEP_LIVE))
    return [step for page in pages for step in page]


def _end_of_steps(
    cluster: LiveCluster,
    active: Sequence[Mapping[str, Any]],
    concurrency: int,
    *,
    config: ClusterConfig,
    now: datetime,
) -> datetime:
    """Return when the last active step ends, if each of them takes its whole time limit."""
    start = _latest_ready(cluster, config, now) if cluster.is_starting else now
    ends: list[datetime] = []
    for step in reversed(active):  # EMR starts the oldest first
        started = _step_time(step, "StartDateTime")
        is_queued = started is None and len(ends) >= concurrency
        slot_free = heapq.heappop(ends) if is_queued else start
        limit_seconds = step_limit(dict(step)) or config.step_limit_seconds
        limit = timedelta(seconds=limit_seconds + KILL_AFTER_SECONDS)
        heapq.heappush(ends, max((started or slot_free) + limit, now))
    return max(ends)


def _idle_since(emr: Api, cluster: LiveCluster, config: ClusterConfig, now: datetime) -> datetime:
    """Return since when a cluster without active steps is idle, or the latest time it will be."""
    if cluster.is_starting:
        return _latest_ready(cluster, config, now)
    ended_steps = emr.ask("list_steps", ClusterId=cluster.id)["Steps"]
    ends = [_step_time(step, "EndDateTime") for step in ended_steps]
    return max((end for end in ends if end), default=cluster.ready or cluster.created)


def _latest_ready(cluster: LiveCluster, config: ClusterConfig, now: datetime) -> datetime:
    return max(cluster.created + timedelta(seconds=config.start_limit_seconds), now)


def _step_time(step: Mapping[str, Any], name: str) -> datetime | None:
    return step["Status"].get("Timeline", {}).get(name)


def _terminate(emr: Api, ids: Sequence[str]) -> Iterator[tuple[bool, str]]:
    still_idle: list[str] = []
    for cluster_id in ids:
        try:
            if _active_steps(emr, cluster_id):
                yield True, f"{cluster_id} has just been given a step, so it was skipped"
            else:
                still_idle.append(cluster_id)
        except AWS_ERRORS as error:
            yield False, f"{cluster_id} was skipped: {diagnose(error)}"
    if not still_idle:
        return
    try:
        # may be retried: terminating a cluster twice has no effect
        emr.ask("terminate_job_flows", JobFlowIds=still_idle)
    except AWS_ERRORS as error:
        yield False, f"{', '.join(still_idle)} could not be terminated: {diagnose(error)}"
    else:
        for cluster_id in still_idle:
            yield True, f"{cluster_id} was idle and is terminating"
