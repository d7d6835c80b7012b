"""What `emr-ml clusters` tells, and how it ends clusters that nobody uses."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from botocore.exceptions import ClientError

from emr_ml.launchers.emr.access import trouble_of
from emr_ml.launchers.emr.api import Api, UnansweredError
from emr_ml.launchers.emr.config.cluster_config import ClusterConfig
from emr_ml.launchers.emr.spending.cost import Cost, cluster_cost
from emr_ml.launchers.emr.spending.live import Inspected, active_steps, inspect, live_clusters

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
            trouble = trouble_of(error)
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
            yield False, f"{cluster_id} was left alone: {trouble_of(error)}"
    if not still:
        return
    try:
        # a cluster that is asked to end twice ends once, so this may be sent again
        emr.ask("terminate_job_flows", JobFlowIds=still)
    except (ClientError, UnansweredError) as error:
        yield False, f"{', '.join(still)} could not be ended: {trouble_of(error)}"
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
