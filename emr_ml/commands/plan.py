"""`emr-ml plan`: what would be asked of EMR, and for how much."""

import json
from typing import TYPE_CHECKING

import click

from emr_ml.commands.context import configured_settings
from emr_ml.settings import Settings, SettingsError

if TYPE_CHECKING:
    from emr_ml.launchers.emr.context import Endpoint
    from emr_ml.launchers.emr.requests.plan import Item, Plan

NO_REGION = "<AWS_REGION>"
MARKETS = {"ON_DEMAND": "on demand", "SPOT": "spot"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="one JSON object, for other programs")
def plan(*, as_json: bool) -> None:
    """Print the exact requests to EMR and the list price per hour. Nothing is started.

    A version, the id of a cluster and that of a run are known only in a run: they stand in <>.
    Without an AWS account the prices are missing, the rest is as it would be.
    """
    from emr_ml.launchers.emr.config.loading import ClusterConfigError, load_cluster_config
    from emr_ml.launchers.emr.cost.prices import hourly_price
    from emr_ml.launchers.emr.requests.plan import bill, make_plan
    from emr_ml.launchers.emr.shipping.packages import PackagesError, job_scripts

    try:
        settings = configured_settings()
        config = load_cluster_config(settings)
        target = _target(settings)
        made = make_plan(config, target, list(job_scripts()))
    except (SettingsError, ClusterConfigError, PackagesError) as error:
        raise click.ClickException(str(error)) from error

    def price(instance_type: str, market: str) -> float | None:
        known = target.region != NO_REGION
        return hourly_price(target.region, instance_type, market) if known else None

    items = list(bill(made.run_job_flow, price))
    if as_json:
        click.echo(json.dumps(_document(made, items), indent=2))
        return
    _show(made)
    for note in config.notes:
        click.echo(f"note: {note}")
    if target.region == NO_REGION:
        click.echo("note: no AWS region is set, so the cluster's name is not the final one")
    _show_prices(items, target)
    click.echo(
        f"an idle cluster ends after {config.idle_timeout_seconds} seconds, "
        f"a step after {config.step_limit_seconds}"
    )


def _target(settings: Settings) -> "Endpoint":
    from emr_ml.aws.region import region_name
    from emr_ml.launchers.emr.context import Endpoint, find_endpoint

    if not settings.lake.startswith("s3://"):
        raise SettingsError(
            f"EMR_ML_LAKE: clusters can't reach {settings.lake}: set it to s3://<bucket>/<prefix>"
        )
    lake = settings.lake.rstrip("/")
    return find_endpoint(lake) if region_name() else Endpoint(lake, NO_REGION)


def _document(made: "Plan", items: "list[Item]") -> dict[str, object]:
    return {
        "RunJobFlow": made.run_job_flow,
        "AddJobFlowSteps": made.add_job_flow_steps,
        "hourly_usd": [vars(item) for item in items],
    }


def _show(made: "Plan") -> None:
    click.echo(f"RunJobFlow\n{json.dumps(made.run_job_flow, indent=2)}\n")
    for asset, request in made.add_job_flow_steps.items():
        click.echo(f"AddJobFlowSteps for {asset}\n{json.dumps(request, indent=2)}\n")


def _show_prices(items: "list[Item]", target: "Endpoint") -> None:
    click.echo(f"list price per hour in {target.region}, EMR's fee included:")
    for item in items:
        prices = ", ".join(
            f"{name} {'?' if usd is None else f'{usd:.3f}'}" for name, usd in item.usd.items()
        )
        click.echo(f"  {item.fleet:<8} {item.units} {MARKETS[item.market]:<10} {prices}")
    bounds = [item.bounds for item in items]
    known = [both for both in bounds if both]
    if not known or len(known) < len(bounds):
        click.echo("  price list not available: no total")
        return
    low, high = (sum(both[index] for both in known) for index in (0, 1))
    click.echo(f"  {low:.2f} to {high:.2f} USD together, by the types that AWS has")
