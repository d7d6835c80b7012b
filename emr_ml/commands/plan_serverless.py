"""What `emr-ml plan` prints for EMR Serverless."""

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from emr_ml.commands.planned import Planned
from emr_ml.settings import Settings

if TYPE_CHECKING:
    from emr_ml.launchers.remote.endpoint import Endpoint
    from emr_ml.launchers.serverless.config import ServerlessConfig
    from emr_ml.launchers.serverless.plan import Plan


def plan_serverless(settings: Settings, endpoint: "Endpoint", jobs: Mapping[str, str]) -> Planned:
    """Return the exact requests to EMR Serverless and the list price per hour.

    Args:
        jobs: the module of each, by the path of its asset.

    Raises:
        TargetConfigError: the configuration can't be used.
    """
    from emr_ml.launchers.serverless.config import load_serverless_config
    from emr_ml.launchers.serverless.plan import make_plan

    config = load_serverless_config(settings)
    plan = make_plan(config, endpoint, jobs)
    bounds = _bounds(config, endpoint.region)
    lines = (*_request_lines(plan), *_price_lines(config, endpoint.region, bounds))
    return Planned(_document(plan, bounds), lines)


def _request_lines(plan: "Plan") -> Iterator[str]:
    if plan.create_application:
        shown = json.dumps(plan.create_application, indent=2)
        yield f"CreateApplication, unless there is one of that name\n{shown}\n"
    for asset, request in plan.start_job_run.items():
        yield f"StartJobRun for {asset}\n{json.dumps(request, indent=2)}\n"


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


def _price_lines(
    config: "ServerlessConfig", region: str, bounds: dict[int, float]
) -> Iterator[str]:
    from emr_ml.launchers.serverless.cost import NO_PRICE

    if not bounds:
        yield NO_PRICE.format(architecture=config.architecture, region=region)
    for count, usd in bounds.items():
        yield f"an hour of one job with {count} executors: {usd:.2f} USD at list prices"
    idle = "costs nothing" if not config.initial_capacity.drivers else "costs its initial capacity"
    yield (
        f"an idle application {idle} and stops after {config.idle_minutes} minutes; "
        f"a job run ends after {config.timeout_minutes} minutes"
    )
