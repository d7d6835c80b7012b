"""The command: which deployments are looked at, for people and as JSON."""

import sys
from collections.abc import Iterable
from typing import assert_never

import click

from emr_ml.commands.compute.applications import application_rows, show_applications
from emr_ml.commands.compute.clusters import cluster_rows, show_clusters
from emr_ml.commands.compute.drivers import driver_rows, show_drivers
from emr_ml.commands.compute.rows import Row
from emr_ml.commands.compute.warm_spark import show_warm_spark, warm_spark_rows
from emr_ml.commands.context import errors_as_messages
from emr_ml.commands.output import as_json_option, print_json
from emr_ml.errors import user_message
from emr_ml.settings import Deployment, Settings, load_settings


@click.command()
@click.option("--terminate-idle", is_flag=True, help="Terminate what is idle.")
@as_json_option
def compute(*, terminate_idle: bool, as_json: bool) -> None:
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
        targets = _targets(load_settings())
        if as_json:
            print_json({each.deployment.value: list(_rows(each)) for each in targets})
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
                    return show_clusters(settings, terminate_idle=terminate_idle)
                case Deployment.EMR:
                    return show_clusters(settings, terminate_idle=terminate_idle)
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


def _rows(settings: Settings) -> Iterable[Row]:
    """Return the clusters, applications or drivers that run, as JSON values."""
    match settings.deployment:
        case Deployment.LOCAL:
            return [*warm_spark_rows(), *cluster_rows(settings)]
        case Deployment.EMR:
            return cluster_rows(settings)
        case Deployment.EMR_SERVERLESS:
            return application_rows(settings)
        case Deployment.EMR_EKS:
            return []  # pods end with their job
        case Deployment.SPARK_SUBMIT:
            return driver_rows(settings)
        case _:
            assert_never(settings.deployment)
