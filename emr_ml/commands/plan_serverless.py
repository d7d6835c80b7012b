"""What `emr-ml plan` prints for EMR Serverless."""

import json
from typing import TYPE_CHECKING

import click

from emr_ml.settings import Settings

if TYPE_CHECKING:
    from emr_ml.launchers.remote.endpoint import Endpoint
    from emr_ml.launchers.serverless.config import ServerlessConfig
    from emr_ml.launchers.serverless.plan import Plan


def show_plan(settings: Settings, endpoint: "Endpoint", *, as_json: bool) -> None:
    """Print the exact requests to EMR Serverless and the list price per hour.

    Raises:
        TargetConfigError: the configuration can't be used.
    """
    from emr_ml.assets.declared import declared_jobs
    from emr_ml.launchers.serverless.config import load_serverless_config
    from emr_ml.launchers.serverless.plan import make_plan
    from emr_ml.project import load_project_definitions

    config = load_serverless_config(settings)
    plan = make_plan(config, endpoint, declared_jobs(load_project_definitions(), settings))
    bounds = _bounds(config, endpoint.region)
    if as_json:
        click.echo(json.dumps(_document(plan, bounds), indent=2))
        return
    if plan.create_application:
        shown = json.dumps(plan.create_application, indent=2)
        click.echo(f"CreateApplication, unless there is one of that name\n{shown}\n")
    for asset, request in plan.start_job_run.items():
        click.echo(f"StartJobRun for {asset}\n{json.dumps(request, indent=2)}\n")
    _show_prices(config, endpoint.region, bounds)


def _bounds(config: "ServerlessConfig", region: str) -> dict[int, float]:
    """Return the price of an hour of one job by its number of executors; empty if unknown."""
    from emr_ml.launchers.serverless.cost import list_prices
    from emr_ml.launchers.serverless.plan import hourly_usd

    prices = list_prices(config, region)
    counts = (config.executors.initial, config.executors.maximum)
    return {count: hourly_usd(config, count, prices) for count in counts} if prices else {}


def _document(plan: "Plan", bounds: dict[int, float]) -> dict[str, object]:
    return {
        "CreateApplication": plan.create_application,
        "StartJobRun": plan.start_job_run,
        "hourly_usd": [{"executors": count, "usd": usd} for count, usd in bounds.items()],
    }


def _show_prices(config: "ServerlessConfig", region: str, bounds: dict[int, float]) -> None:
    from emr_ml.launchers.serverless.cost import NO_PRICE

    if not bounds:
        click.echo(NO_PRICE.format(architecture=config.architecture, region=region))
    for count, usd in bounds.items():
        click.echo(f"an hour of one job with {count} executors: {usd:.2f} USD at list prices")
    idle = "costs nothing" if not config.initial_capacity.drivers else "costs its initial capacity"
    click.echo(
        f"an idle application {idle} and stops after {config.idle_minutes} minutes; "
        f"a job run ends after {config.timeout_minutes} minutes"
    )
