"""What is shown of EMR on EC2: the live clusters, with cost so far and latest end."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from emr_ml.commands.compute.rows import Row, iso_time, service_api
from emr_ml.settings import Deployment, Settings
from emr_ml.wording import duration

if TYPE_CHECKING:
    from emr_ml.aws.client import Api
    from emr_ml.launchers.emr.config.model import ClusterConfig
    from emr_ml.launchers.emr.cost.estimate import Cost
    from emr_ml.launchers.emr.cost.live_clusters import ClusterDetails, LiveCluster


@dataclass(frozen=True)
class _Described:
    """A live cluster, what EMR says of it, and its cost.

    Args:
        details: None if EMR did not describe it.
        cost: None likewise.
        problem: why it did not.
    """

    cluster: "LiveCluster"
    details: "ClusterDetails | None" = None
    cost: "Cost | None" = None
    problem: str = ""


def show_clusters(settings: Settings, *, terminate_idle: bool) -> bool:
    """Print each live cluster; return False if one could not be described or terminated."""
    if not _is_asked(settings):
        click.echo("no AWS region is set, so no clusters are looked for")
        return True
    from emr_ml.launchers.emr.cost import live_clusters

    emr, region = service_api("emr")
    described = list[_Described]()
    for each in _describe(emr, region, settings):
        described.append(each)
        click.echo(_text(each, datetime.now(UTC)))
    if not described:
        click.echo(f"there is no live cluster of this project in {region}")
    details = [each.details for each in described if each.details]
    complete = len(details) == len(described)
    if not terminate_idle or not described:
        return complete
    results = list(live_clusters.terminate_idle(emr, details))
    for _, message in results:
        click.echo(message)
    if not results:
        click.echo("no cluster is idle")
    return complete and all(succeeded for succeeded, _ in results)


def cluster_rows(settings: Settings) -> Iterator[Row]:
    """Yield each live cluster, with times in UTC and the cost in US dollars.

    Raises:
        ClientError, BotoCoreError, UnansweredError: EMR does not list them.
    """
    if not _is_asked(settings):
        return
    for each in _describe(*service_api("emr"), settings):
        cluster = each.cluster
        row: Row = {"id": cluster.id, "name": cluster.name, "state": cluster.state}
        row["created"] = iso_time(cluster.created)
        if each.details is None or each.cost is None:
            yield {**row, "problem": each.problem}
            continue
        yield {
            **row,
            "run_id": each.details.run_id or None,
            "active_steps": each.details.active_steps,
            "idle": each.details.is_idle,
            "latest_end": iso_time(each.details.latest_end),
            "cost_usd": each.cost.usd,
            "instance_hours": each.cost.hours,
            "cost_note": each.cost.reason or each.cost.note,
        }


def _is_asked(settings: Settings) -> bool:
    """Whether EMR is asked: on a laptop, clusters may be left from runs on AWS."""
    from emr_ml.aws.region import region_name

    return settings.deployment is not Deployment.LOCAL or region_name() is not None


def _describe(emr: "Api", region: str, settings: Settings) -> Iterator[_Described]:
    from emr_ml.aws.client import AWS_ERRORS
    from emr_ml.aws.problems import diagnose
    from emr_ml.launchers.emr.cost.estimate import cluster_cost
    from emr_ml.launchers.emr.cost.live_clusters import describe_details, live_clusters

    config = _cluster_config(settings)
    for cluster in live_clusters(emr):
        try:
            details = describe_details(emr, cluster, config, datetime.now(UTC))
        except AWS_ERRORS as error:
            yield _Described(cluster, problem=str(diagnose(error)))
            continue
        cost = cluster_cost(cluster.id, region=region, zone=details.zone)
        yield _Described(cluster, details, cost)


def _cluster_config(settings: Settings) -> "ClusterConfig":
    """Return the configuration, or the defaults if it can't be used, which is then reported."""
    from emr_ml.launchers.emr.config.loading import ClusterConfigError, load_cluster_config
    from emr_ml.launchers.emr.config.model import ClusterConfig

    try:
        return load_cluster_config(settings)
    except ClusterConfigError as error:
        # a broken configuration must not hide clusters that cost money
        default = ClusterConfig()  # pyright: ignore[reportCallIssue] - all have defaults
        seconds = default.idle_timeout_seconds
        click.echo(f"{error}\nends are computed for an idle timeout of {seconds} seconds", err=True)
        return default


def _text(described: _Described, now: datetime) -> str:
    """Return two lines, the figures and the name of the cluster, or one that says the problem."""
    cluster, details = described.cluster, described.details
    left = f"{cluster.id:<15} {cluster.state:<13}"
    if details is None or described.cost is None:
        return f"{left} could not be described: {described.problem}"
    columns = (
        f"{left} {duration(cluster.age(now).total_seconds()):>12}",
        f"run {details.run_id[:8] or 'unknown'}",
        f"{details.active_steps} active step{'' if details.active_steps == 1 else 's'}",
        described.cost.text(),
        _end(details, now),
    )
    return f"{'  '.join(columns)}\n{'':16}{cluster.name}"


def _end(details: "ClusterDetails", now: datetime) -> str:
    if details.latest_end < now:
        overdue = duration((now - details.latest_end).total_seconds())
        timeout = details.idle_timeout_seconds
        return f"should have ended {overdue} ago, with an idle timeout of {timeout} s"
    return f"ends in {duration((details.latest_end - now).total_seconds())} at the latest"
