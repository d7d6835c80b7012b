"""What `emr-ml plan` shows of each deployment: requests, commands or pods, and prices."""

import json
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, assert_never

from emr_ml.settings import Deployment, Settings, SettingsError

if TYPE_CHECKING:
    from emr_ml.launchers.emr.requests.plan import Item
    from emr_ml.launchers.remote.endpoint import Endpoint
    from emr_ml.launchers.serverless.config import ServerlessConfig

UNKNOWN_REGION = "<AWS_REGION>"
MARKETS = {"ON_DEMAND": "on demand", "SPOT": "spot"}


@dataclass(frozen=True)
class Planned:
    """The requests of one deployment.

    Args:
        document: for `--json`.
        lines: for people; a line may have several.
        missing: what the document lacks, and why; "" if it is whole. The lines say it, too.
    """

    document: Mapping[str, Any]
    lines: tuple[str, ...]
    missing: str = ""


def plan_deployment(settings: Settings, jobs: Mapping[str, str]) -> Planned:
    """Return what a run would send. A laptop's plan is that of EMR on EC2.

    Args:
        settings: of the deployment.
        jobs: the module of each, by the path of its asset.

    Raises:
        SettingsError: clusters can't reach the lake.
        TargetConfigError: the configuration can't be used.
        LaunchError: S3's connector can't be added to the Spark that submits.
    """
    match settings.deployment:
        case Deployment.EMR | Deployment.LOCAL:
            return _plan_clusters(settings, jobs)
        case Deployment.EMR_SERVERLESS:
            return _plan_serverless(settings, jobs)
        case Deployment.EMR_EKS:
            return _plan_eks(settings, jobs)
        case Deployment.SPARK_SUBMIT:
            return _plan_submissions(settings, jobs)
        case _:
            assert_never(settings.deployment)


def _plan_clusters(settings: Settings, jobs: Mapping[str, str]) -> Planned:
    from emr_ml.launchers.emr.config.loading import load_cluster_config
    from emr_ml.launchers.emr.cost.prices import hourly_price
    from emr_ml.launchers.emr.requests.plan import bill, make_plan

    config = load_cluster_config(settings)
    endpoint = _endpoint(settings)
    requests = make_plan(config, endpoint, jobs)

    def price(instance_type: str, market: str) -> float | None:
        if endpoint.region == UNKNOWN_REGION:
            return None
        return hourly_price(endpoint.region, instance_type, market)

    items = list(bill(requests.run_job_flow, price))
    missing = _why_prices_are_missing(items, endpoint.region)
    notes = list(config.notes)
    if endpoint.region == UNKNOWN_REGION:
        notes.append("no AWS region is set, so the cluster's name will differ in a run")
    ending = (
        f"an idle cluster ends after {config.idle_timeout_seconds} seconds, "
        f"a step after {config.step_limit_seconds}"
    )
    lines = (
        f"RunJobFlow\n{json.dumps(requests.run_job_flow, indent=2)}\n",
        *_each("AddJobFlowSteps", requests.add_job_flow_steps),
        *(f"note: {note}" for note in notes),
        *_cluster_price_lines(items, endpoint.region, missing),
        ending,
    )
    document = {
        "RunJobFlow": requests.run_job_flow,
        "AddJobFlowSteps": requests.add_job_flow_steps,
        "hourly_usd": [vars(item) for item in items],
    }
    return Planned(document, lines, missing)


def _why_prices_are_missing(items: "list[Item]", region: str) -> str:
    """Return why there is no total, and what to do about that; empty if there is one."""
    from emr_ml.aws.problems import NO_REGION
    from emr_ml.launchers.emr.cost.prices import price_problem

    unknown = {
        f"{name} {MARKETS[item.market]}"
        for item in items
        for name, usd in item.usd.items()
        if usd is None
    }
    if not unknown:
        return ""
    problem = NO_REGION if region == UNKNOWN_REGION else price_problem(region)
    reason = problem or f"AWS returned no price for {', '.join(sorted(unknown))}"
    return f"price list not available, so there is no total: {reason}"


def _cluster_price_lines(items: "list[Item]", region: str, missing: str) -> Iterator[str]:
    yield f"list price per hour in {region}, including EMR's fee:"
    for item in items:
        prices = ", ".join(
            f"{name} {'?' if usd is None else f'{usd:.3f}'}" for name, usd in item.usd.items()
        )
        yield f"  {item.fleet:<8} {item.units} {MARKETS[item.market]:<10} {prices}"
    if missing:
        yield f"  {missing}"
        return
    ranges = [item.bounds for item in items if item.bounds]
    lowest = sum(low for low, _ in ranges)
    highest = sum(high for _, high in ranges)
    yield f"  {lowest:.2f} to {highest:.2f} USD in total, depending on the instance types"


def _plan_serverless(settings: Settings, jobs: Mapping[str, str]) -> Planned:
    from emr_ml.launchers.serverless.config import load_serverless_config
    from emr_ml.launchers.serverless.cost import NO_PRICE
    from emr_ml.launchers.serverless.plan import make_plan

    config, endpoint = load_serverless_config(settings), _endpoint(settings)
    plan = make_plan(config, endpoint, jobs)
    prices = _hourly_prices(config, endpoint.region)
    missing = ""
    if not prices:
        missing = NO_PRICE.format(architecture=config.architecture, region=endpoint.region)
    create = (
        "CreateApplication, unless there is one of that name\n"
        f"{json.dumps(plan.create_application, indent=2)}\n"
    )
    lines = (
        *([create] if plan.create_application else ()),
        *_each("StartJobRun", plan.start_job_run),
        *([missing] if missing else ()),
        *_application_lines(config, prices),
    )
    document = {
        "CreateApplication": plan.create_application,
        "StartJobRun": plan.start_job_run,
        "hourly_usd": [{"executors": count, "usd": usd} for count, usd in prices.items()],
    }
    return Planned(document, lines, missing)


def _hourly_prices(config: "ServerlessConfig", region: str) -> dict[int, float]:
    """Return the price of an hour of one job by its number of executors; empty if unknown."""
    from emr_ml.launchers.serverless.cost import list_prices
    from emr_ml.launchers.serverless.plan import hourly_usd

    prices = list_prices(config, region)
    counts = (config.executors.initial, config.executors.maximum)
    return {count: hourly_usd(config, count, prices) for count in counts} if prices else {}


def _application_lines(config: "ServerlessConfig", prices: dict[int, float]) -> Iterator[str]:
    for count, usd in prices.items():
        yield f"an hour of one job with {count} executors: {usd:.2f} USD at list prices"
    idle = "costs nothing" if not config.initial_capacity.drivers else "costs its initial capacity"
    yield (
        f"an idle application {idle} and stops after {config.idle_minutes} minutes; "
        f"a job run ends after {config.timeout_minutes} minutes"
    )


def _plan_eks(settings: Settings, jobs: Mapping[str, str]) -> Planned:
    from emr_ml.launchers.eks.config import load_eks_config
    from emr_ml.launchers.eks.requests import planned_requests

    config = load_eks_config(settings)
    requests = planned_requests(config, _endpoint(settings), jobs)
    ending = (
        f"a job ends itself after {config.step_limit_seconds} seconds; its pods are billed with "
        "their nodes, plus EMR's fee for their vCPUs and memory"
    )
    return Planned({"StartJobRun": requests}, (*_each("StartJobRun", requests), ending))


def _plan_submissions(settings: Settings, jobs: Mapping[str, str]) -> Planned:
    from emr_ml.launchers.spark_submit.config import load_spark_submit_config
    from emr_ml.launchers.spark_submit.plan import make_plan

    config = load_spark_submit_config(settings)
    plan = make_plan(config, settings.lake.rstrip("/"), jobs)
    ending = (
        f"versions are those of Spark {config.spark}; a driver ends after "
        f"{config.step_limit_seconds} seconds"
    )
    if config.deploy_mode == "cluster":
        return Planned({"pods": plan}, (*_each("pod", plan), ending))
    return Planned({"spark-submit": plan}, (*_command_lines(plan), ending))


def _command_lines(plan: Mapping[str, Any]) -> Iterator[str]:
    for asset, planned in plan.items():
        yield f"spark-submit for {asset}\n{shlex.join(planned['command'])}\nits properties:"
        for key, value in sorted(planned["properties"].items()):
            yield f"  {key}={value}"
        yield ""


def _each(what: str, plan: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for asset, planned in plan.items():
        yield f"{what} for {asset}\n{json.dumps(planned, indent=2)}\n"


def _endpoint(settings: Settings) -> "Endpoint":
    from emr_ml.aws.region import region_name
    from emr_ml.launchers.remote.endpoint import Endpoint, find_endpoint

    if not settings.lake.startswith("s3://"):
        raise SettingsError(
            f"EMR_ML_LAKE: clusters can't reach {settings.lake}: set it to s3://<bucket>/<prefix>"
        )
    lake = settings.lake.rstrip("/")
    return find_endpoint(lake) if region_name() else Endpoint(lake, UNKNOWN_REGION)
