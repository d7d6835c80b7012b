"""What is shown of spark-submit: the drivers that run."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from emr_ml.commands.compute.rows import Row, iso_time
from emr_ml.settings import Settings
from emr_ml.wording import duration

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


def driver_rows(settings: Settings) -> Iterator[Row]:
    """Yield what `show_drivers` prints, with times in UTC.

    Raises:
        TargetConfigError: the configuration can't be used.
        ClickException: the API server does not answer.
    """
    from emr_ml.launchers.spark_submit.config import load_spark_submit_config
    from emr_ml.launchers.spark_submit.pods import created

    config = load_spark_submit_config(settings)
    if config.deploy_mode == "cluster" and config.kubernetes:
        for pod in _live_pods(config.kubernetes)[0]:
            metadata = pod["metadata"]
            labels = metadata.get("labels") or {}
            yield {
                "pod": metadata["name"],
                "state": pod["status"].get("phase", "Pending"),
                "created": iso_time(created(pod)),
                "asset": labels.get("emr-ml/asset"),
                "attempt": labels.get("emr-ml/attempt"),
            }
        return
    for each in _running_drivers(config.drivers):
        yield {
            "pid": each.pid,
            "state": "RUNNING",
            "created": iso_time(datetime.fromtimestamp(each.started, UTC)),
            "name": each.name,
            "log": str(each.log),
        }


def _running_drivers(folder: "Path") -> "list[Driver]":
    """Return the drivers that run on this machine, the oldest first."""
    from emr_ml.launchers.spark_submit.driver import drivers_in

    running = [each for each in drivers_in(folder) if each.state().is_running]
    return sorted(running, key=lambda driver: driver.started)


def _live_pods(own: "KubernetesConfig") -> "tuple[list[Pod], int]":
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
    running = _running_drivers(folder)
    for each in running:
        age = duration(datetime.now(UTC).timestamp() - each.started)
        click.echo(f"{each.pid:<8} RUNNING    {age:>12}  {each.name}\n{'':9}{each.log}")
    if not running:
        click.echo("no driver runs on this machine; those of other machines are not known here")


def _show_pods(own: "KubernetesConfig") -> None:
    from emr_ml.launchers.spark_submit.pods import created

    live, kept = _live_pods(own)
    for pod in live:
        metadata, phase = pod["metadata"], pod["status"].get("phase", "Pending")
        labels = metadata.get("labels") or {}
        asset, number = labels.get("emr-ml/asset", "?"), labels.get("emr-ml/attempt", "?")
        age = duration((datetime.now(UTC) - created(pod)).total_seconds())
        click.echo(f"{metadata['name']}  {phase}  {age}  attempt {number} of {asset}")
    if not live:
        ended = f"; kept for their logs: {kept}" if kept else ""
        click.echo(f"no driver runs in the namespace {own.namespace}{ended}")
