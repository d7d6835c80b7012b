"""What `emr-ml compute` shows of spark-submit: the drivers that run."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from emr_ml.settings import Settings
from emr_ml.ui.wording import hours_and_minutes

if TYPE_CHECKING:
    from pathlib import Path

    from emr_ml.launchers.spark_submit.config import KubernetesConfig
    from emr_ml.launchers.spark_submit.driver import Driver
    from emr_ml.launchers.spark_submit.pods import Pod


def show_drivers(settings: Settings) -> None:
    """Print the drivers that run on this machine, or the pods of all that have not ended.

    Raises:
        TargetConfigError: the configuration can't be used.
    """
    from emr_ml.launchers.spark_submit.config import load_spark_submit_config

    config = load_spark_submit_config(settings)
    if config.deploy_mode == "cluster" and config.kubernetes:
        _show_pods(config.kubernetes)
    else:
        _show_processes(config.drivers)


def running_drivers(folder: "Path") -> "list[Driver]":
    """Return the drivers that run on this machine, the oldest first."""
    from emr_ml.launchers.spark_submit.driver import drivers_in

    running = [each for each in drivers_in(folder) if each.state().is_running]
    return sorted(running, key=lambda driver: driver.started)


def live_pods(own: "KubernetesConfig") -> "tuple[list[Pod], int]":
    """Return the pods of drivers that have not ended, and how many have but are kept.

    Raises:
        ClickException: the API server does not answer.
    """
    from emr_ml.aws.client import UnansweredError
    from emr_ml.launchers.spark_submit.pods import ENDED, Pods

    try:
        pods = Pods(own).drivers()
    except UnansweredError as error:
        raise click.ClickException(str(error)) from error
    live = [pod for pod in pods if pod["status"].get("phase") not in ENDED]
    return live, len(pods) - len(live)


def _show_processes(folder: "Path") -> None:
    running = running_drivers(folder)
    for each in running:
        age = hours_and_minutes(datetime.now(UTC) - datetime.fromtimestamp(each.started, UTC))
        click.echo(f"{each.pid:<8} RUNNING    {age:>8}  {each.name}\n{'':9}{each.log}")
    if not running:
        click.echo("no driver runs on this machine; those of other machines are not known here")


def _show_pods(own: "KubernetesConfig") -> None:
    from emr_ml.launchers.spark_submit.pods import created

    live, kept = live_pods(own)
    for pod in live:
        metadata, phase = pod["metadata"], pod["status"].get("phase", "Pending")
        labels = metadata.get("labels") or {}
        asset, number = labels.get("emr-ml/asset", "?"), labels.get("emr-ml/attempt", "?")
        age = hours_and_minutes(datetime.now(UTC) - created(pod))
        click.echo(f"{metadata['name']}  {phase}  {age}  attempt {number} of {asset}")
    if not live:
        ended = f"; kept for their logs: {kept}" if kept else ""
        click.echo(f"no driver runs in the namespace {own.namespace}{ended}")
