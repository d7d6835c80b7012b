"""`emr-ml compute`, or `clusters`: what is running, and its cost."""

import sys
from typing import TYPE_CHECKING, assert_never

import click

from emr_ml.aws import time_limits
from emr_ml.commands.applications import show_applications
from emr_ml.commands.context import errors_as_messages
from emr_ml.commands.drivers import show_drivers
from emr_ml.commands.output import as_json_option, print_json
from emr_ml.commands.stop import show_warm_spark
from emr_ml.errors import user_message
from emr_ml.settings import Deployment, Settings, load_settings
from emr_ml.ui.wording import hours_and_minutes

if TYPE_CHECKING:
    from datetime import datetime

    from emr_ml.aws.client import Api
    from emr_ml.launchers.emr.config.model import ClusterConfig
    from emr_ml.launchers.emr.cost.estimate import Cost
    from emr_ml.launchers.emr.cost.live_clusters import ClusterDetails


@click.command()
@click.option("--terminate-idle", is_flag=True, help="Terminate what is idle.")
@as_json_option
def clusters(*, terminate_idle: bool, as_json: bool) -> None:
    """Show what is running for this project, in the configured region.

    Where pipelines have a deployment of their own, each deployment is shown. Clusters with state,
    age, run, cost so far, and latest end: costs are at list prices, and ends follow from the time
    limits of steps and the idle timeout in the current configuration. On EMR Serverless, the
    started applications and how many job runs each has. With spark-submit, the drivers that run, as
    processes or as pods; each ends with its job, so none is idle.
    """
    if as_json and terminate_idle:
        raise click.UsageError("--json prints what is running, --terminate-idle ends it: give one")
    with errors_as_messages():
        settings = load_settings()
        targets = _targets(settings)
        if as_json:
            from emr_ml.commands.compute_json import running

            print_json({each.deployment.value: running(each) for each in targets})
            return
    succeeded = [_show(each, terminate_idle=terminate_idle) for each in targets]
    sys.exit(0 if all(succeeded) else 1)


def _targets(settings: Settings) -> list[Settings]:
    """Return the settings of each deployment that jobs of the project run on."""
    if settings.deployment.runs_here:
        return [settings]
    from emr_ml.assets.declared import declared_deployments
    from emr_ml.project import load_project_definitions

    try:
        found = declared_deployments(load_project_definitions(), settings)
    except Exception as error:
        # a project may break in any way, and that must not hide what costs money
        problem = user_message(error) or (
            f"the project can't be loaded: {type(error).__name__}: {error}: "
            "`dg check defs` shows where"
        )
        click.echo(f"{problem}\nonly the deployment {settings.deployment} is shown", err=True)
        return [settings]
    return [settings.on(each) for each in found]


def _show(settings: Settings, *, terminate_idle: bool) -> bool:
    """Show what runs on one deployment; return False if a part of that failed."""
    try:
        with errors_as_messages():
            match settings.deployment:
                case Deployment.LOCAL:
                    show_warm_spark()
                    return _show_emr(settings, terminate_idle=terminate_idle)
                case Deployment.EMR:
                    return _show_emr(settings, terminate_idle=terminate_idle)
                case Deployment.EMR_SERVERLESS:
                    return show_applications(settings, stop_idle=terminate_idle)
                case Deployment.EMR_EKS:
                    click.echo("nothing of EMR on EKS is kept running: pods end with their job")
                    return True
                case Deployment.SPARK_SUBMIT:
                    show_drivers(settings)
                    return True
                case _:
                    assert_never(settings.deployment)
    except click.ClickException as error:
        # it must not hide what runs on another deployment
        error.show()
        return False


def _show_emr(settings: Settings, *, terminate_idle: bool) -> bool:
    """Return False if a cluster could not be described or terminated."""
    # these imports take a second, and other commands need none of them
    import logging

    from botocore.exceptions import NoRegionError

    from emr_ml.aws.client import Api
    from emr_ml.aws.region import region_name
    from emr_ml.launchers.emr.cost import live_clusters

    region = region_name()
    if region is None and settings.deployment is Deployment.LOCAL:
        click.echo("no AWS region is set, so no clusters are looked for")
        return True
    if region is None:
        raise NoRegionError
    emr = Api("emr", time_limits.COMMAND, logging.getLogger("emr_ml"), region)
    described, failures = _show_clusters(emr, region, cluster_config(settings))
    count = len(described) + failures
    if not count:
        click.echo(f"there is no live cluster of this project in {region}")
    if not terminate_idle or not count:
        return not failures
    results = list(live_clusters.terminate_idle(emr, described))
    for _, message in results:
        click.echo(message)
    if not results:
        click.echo("no cluster is idle")
    return not failures and all(succeeded for succeeded, _ in results)


def cluster_config(settings: Settings) -> "ClusterConfig":
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


def _show_clusters(
    emr: "Api", region: str, config: "ClusterConfig"
) -> "tuple[list[ClusterDetails], int]":
    """Print each live cluster; return those that could be described, and how many could not."""
    from datetime import UTC, datetime

    from emr_ml.aws.client import AWS_ERRORS
    from emr_ml.aws.problems import diagnose
    from emr_ml.launchers.emr.cost.estimate import cluster_cost
    from emr_ml.launchers.emr.cost.live_clusters import describe_details, live_clusters

    described: list[ClusterDetails] = []
    failures = 0
    for cluster in live_clusters(emr):
        try:
            details = describe_details(emr, cluster, config, datetime.now(UTC))
        except AWS_ERRORS as error:
            failures += 1
            problem = diagnose(error)
            click.echo(f"{cluster.id:<15} {cluster.state:<13} could not be described: {problem}")
            continue
        described.append(details)
        cost = cluster_cost(cluster.id, region=region, zone=details.zone)
        click.echo(_row(details, cost, datetime.now(UTC)))
    return described, failures


def _row(details: "ClusterDetails", cost: "Cost", now: "datetime") -> str:
    """Return two lines: the figures, and the name of the cluster."""
    cluster = details.cluster
    columns = (
        f"{cluster.id:<15} {cluster.state:<13} {hours_and_minutes(cluster.age(now)):>8}",
        f"run {details.run_id[:8] or 'unknown'}",
        f"{details.active_steps} active step{'' if details.active_steps == 1 else 's'}",
        cost.text(),
        _end(details, now),
    )
    return f"{'  '.join(columns)}\n{'':16}{cluster.name}"


def _end(details: "ClusterDetails", now: "datetime") -> str:
    if details.latest_end < now:
        overdue = hours_and_minutes(now - details.latest_end)
        timeout = details.idle_timeout_seconds
        return f"should have ended {overdue} ago, with an idle timeout of {timeout} s"
    return f"ends in {hours_and_minutes(details.latest_end - now)} at the latest"
