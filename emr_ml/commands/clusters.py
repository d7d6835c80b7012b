"""`emr-ml clusters`: what runs and costs money now."""

import sys

import click

PATIENCE_SECONDS = 30.0


@click.command()
@click.option("--terminate-idle", is_flag=True, help="End those that wait and have no step.")
def clusters(*, terminate_idle: bool) -> None:
    """Show the live clusters of this project: state, age, run, cost so far, and when they end.

    The cost is at list prices. Ends follow from the time limits of steps and from the idle
    timeout that is configured now. Clusters are those of the region that is set.
    """
    # these imports take a second, and other commands need none of them

    from emr_ml.aws.client import AWS_ERRORS
    from emr_ml.aws.problems import diagnose
    from emr_ml.settings import SettingsError

    try:
        all_well = _show(terminate_idle=terminate_idle)
    except SettingsError as error:
        raise click.ClickException(str(error)) from error
    except AWS_ERRORS as error:
        raise click.ClickException(str(diagnose(error))) from error
    sys.exit(0 if all_well else 1)


def _show(*, terminate_idle: bool) -> bool:
    import logging
    from datetime import UTC, datetime

    from botocore.exceptions import NoRegionError

    from emr_ml.aws.client import Api
    from emr_ml.aws.region import region_name
    from emr_ml.launchers.emr.config.loading import ClusterConfigError, load_cluster_config
    from emr_ml.launchers.emr.config.model import ClusterConfig
    from emr_ml.launchers.emr.cost.live_clusters import Inspected, end_idle, rows
    from emr_ml.settings import load_settings

    region = region_name()
    if region is None:
        raise NoRegionError
    try:
        config = load_cluster_config(load_settings())
    except ClusterConfigError as error:
        # what costs money is shown all the same
        click.echo(f"{error}\nends are given for an idle timeout of 300 seconds", err=True)
        config = ClusterConfig()  # pyright: ignore[reportCallIssue] - all have defaults
    emr = Api("emr", PATIENCE_SECONDS, logging.getLogger("emr_ml"), region)
    seen: list[Inspected] = []
    count = 0
    for row in rows(emr, region, config):
        count += 1
        if isinstance(row, str):
            click.echo(row)
        else:
            click.echo(row.text(datetime.now(UTC)))
            seen.append(row.seen)
    if not count:
        click.echo(f"no cluster of this project is alive in {region}")
    ends = list(end_idle(emr, seen)) if terminate_idle else []
    for _, line in ends:
        click.echo(line)
    if terminate_idle and count and not ends:
        click.echo("none is idle")
    return len(seen) == count and all(well for well, _ in ends)
