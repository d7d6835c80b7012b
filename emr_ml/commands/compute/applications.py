"""What is shown of EMR Serverless: the started applications."""

from collections.abc import Iterator
from datetime import UTC
from typing import TYPE_CHECKING

import click

from emr_ml.aws import time_limits
from emr_ml.commands.compute.rows import Row, iso_time, service_api
from emr_ml.errors import UserError
from emr_ml.settings import Settings
from emr_ml.stack import with_stack

if TYPE_CHECKING:
    from emr_ml.launchers.serverless.config import ServerlessConfig


def show_applications(settings: Settings, *, stop_idle: bool) -> bool:
    """Print the started applications of this project; return False if one could not be stopped."""
    from emr_ml.launchers.serverless import live_applications as live
    from emr_ml.launchers.serverless.requests import SERVICE

    api, region = service_api(SERVICE)
    found = list(live.live_applications(api, _serverless_config(settings)))
    for each in found:
        jobs = f"{each.active_jobs} active job run{'' if each.active_jobs == 1 else 's'}"
        # boto3 gives times in the zone of this machine
        since = f"since {each.updated.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        click.echo(f"{each.id:<17} {each.state:<9} {since}  {jobs}  {each.name}")
    if not found:
        click.echo(f"there is no started application of this project in {region}")
    if not stop_idle or not found:
        return True
    results = list(live.stop_idle(api, found))
    for _, message in results:
        click.echo(message)
    if not results:
        click.echo("no application is idle")
    return all(succeeded for succeeded, _ in results)


def application_rows(settings: Settings) -> Iterator[Row]:
    """Yield each started application of this project, with its time in UTC.

    Raises:
        ClientError, BotoCoreError, UnansweredError: the service does not list them.
    """
    from emr_ml.launchers.serverless.live_applications import live_applications
    from emr_ml.launchers.serverless.requests import SERVICE

    api, _ = service_api(SERVICE)
    for each in live_applications(api, _serverless_config(settings)):
        yield {
            "id": each.id,
            "name": each.name,
            "state": each.state,
            "since": iso_time(each.updated),
            "active_jobs": each.active_jobs,
            "idle": each.is_idle,
        }


def _serverless_config(settings: Settings) -> "ServerlessConfig | None":
    """Return the configuration, or None if it can't be used, which is then reported."""
    from emr_ml.launchers.serverless.config import load_serverless_config

    try:
        return load_serverless_config(with_stack(settings, time_limits.COMMAND))
    except UserError as error:
        # a broken configuration or stack must not hide applications that cost money
        click.echo(f"{error}\nonly applications created by this project are shown", err=True)
        return None
