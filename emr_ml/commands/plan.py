"""`emr-ml plan`: the requests to EMR, and what a cluster costs."""

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, TextIO

import click

from emr_ml.aws import time_limits
from emr_ml.commands.context import errors_as_messages
from emr_ml.commands.plan_eks import plan_eks
from emr_ml.commands.plan_serverless import plan_serverless
from emr_ml.commands.plan_spark_submit import plan_submissions
from emr_ml.commands.planned import Planned
from emr_ml.settings import Deployment, Settings, SettingsError, load_settings
from emr_ml.stack import with_stack
from emr_ml.ui.wording import escape_control_characters

if TYPE_CHECKING:
    from emr_ml.launchers.emr.requests.plan import Item, Plan
    from emr_ml.launchers.remote.endpoint import Endpoint

UNKNOWN_REGION = "<AWS_REGION>"
MARKETS = {"ON_DEMAND": "on demand", "SPOT": "spot"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for other programs.")
@click.option(
    "--from",
    "request_file",
    type=click.File(encoding="utf-8-sig"),
    metavar="FILE",
    help="Print the cluster configuration for a RunJobFlow request; - reads from stdin.",
)
def plan(*, as_json: bool, request_file: TextIO | None) -> None:
    """Print the exact requests to EMR and the list price per hour. Nothing is started.

    The deployment decides which: RunJobFlow and AddJobFlowSteps, CreateApplication and StartJobRun
    of EMR Serverless, StartJobRun of EMR on EKS, or, with spark-submit, its command or the pod of
    the driver. What only a run knows, such as versions and ids, is in <>. If pipelines or jobs have
    deployments of their own, the plan of each deployment follows, and with --json its name is the
    key. This also works without an AWS account, but then without prices.

    With --from, print a cluster configuration instead, for EMR_ML_CLUSTER. FILE has the parameters
    of RunJobFlow in JSON, such as Airflow's JOB_FLOW_OVERRIDES, what `aws emr describe-cluster`
    prints, or an `aws emr create-cluster` command. What is left out or changed is reported on
    stderr.
    """
    if request_file:
        if as_json:
            raise click.UsageError("--from prints a configuration, --json a plan: give one of them")
        _translate(request_file)
        return
    with errors_as_messages():
        settings = load_settings()
        plans = {
            deployment: _plan(with_stack(settings.on(deployment), time_limits.COMMAND), jobs)
            for deployment, jobs in _jobs(settings).items()
        }
    (_print_json if as_json else _print_lines)(plans)


def _jobs(settings: Settings) -> dict[Deployment, dict[str, str]]:
    """Return the jobs of each deployment that has any."""
    from emr_ml.assets.declared import declared_deployments, declared_jobs
    from emr_ml.project import load_project_definitions

    definitions = load_project_definitions()
    jobs = {
        deployment: declared_jobs(definitions, settings, deployment)
        for deployment in declared_deployments(definitions, settings)
    }
    return {deployment: found for deployment, found in jobs.items() if found} or jobs


def _print_json(plans: Mapping[Deployment, Planned]) -> None:
    documents = {deployment.value: planned.document for deployment, planned in plans.items()}
    only = next(iter(documents.values()))
    click.echo(json.dumps(documents if len(documents) > 1 else only, indent=2))
    for planned in plans.values():
        if planned.missing:
            click.echo(planned.missing, err=True)


def _print_lines(plans: Mapping[Deployment, Planned]) -> None:
    for deployment, planned in plans.items():
        heading = f"deployment {deployment}"
        lines = planned.lines
        if len(plans) > 1:
            lines = (heading, "=" * len(heading), "", *lines, "")
        for line in lines:
            click.echo(line)


def _plan(settings: Settings, jobs: Mapping[str, str]) -> Planned:
    match settings.deployment:
        case Deployment.EMR_SERVERLESS:
            return plan_serverless(settings, _endpoint(settings), jobs)
        case Deployment.EMR_EKS:
            return plan_eks(settings, _endpoint(settings), jobs)
        case Deployment.SPARK_SUBMIT:
            return plan_submissions(settings, jobs)
        case _:
            return _plan_clusters(settings, jobs)


def _plan_clusters(settings: Settings, jobs: Mapping[str, str]) -> Planned:
    """Return the exact requests to EMR on EC2 and the list price per hour."""
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
        *_request_lines(requests),
        *(f"note: {note}" for note in notes),
        *_price_lines(items, endpoint.region, missing),
        ending,
    )
    return Planned(_document(requests, items), lines, missing)


def _translate(file: TextIO) -> None:
    """Print the cluster configuration for a request, and on stderr what differs from it."""
    from emr_ml.launchers.emr.translation.request_file import translate_file

    name = getattr(file, "name", "stdin")  # a pipe may have none
    with errors_as_messages():
        try:
            text = file.read()
        except UnicodeDecodeError as error:
            raise click.ClickException(f"{name}: is not text in UTF-8: {error}") from error
        translated = translate_file(name, text)
    for remark in translated.remarks:
        click.echo(escape_control_characters(remark), err=True)
    click.echo(translated.text, nl=False)


def _endpoint(settings: Settings) -> "Endpoint":
    from emr_ml.aws.region import region_name
    from emr_ml.launchers.remote.endpoint import Endpoint, find_endpoint

    if not settings.lake.startswith("s3://"):
        raise SettingsError(
            f"EMR_ML_LAKE: clusters can't reach {settings.lake}: set it to s3://<bucket>/<prefix>"
        )
    lake = settings.lake.rstrip("/")
    return find_endpoint(lake) if region_name() else Endpoint(lake, UNKNOWN_REGION)


def _document(requests: "Plan", items: "list[Item]") -> dict[str, object]:
    return {
        "RunJobFlow": requests.run_job_flow,
        "AddJobFlowSteps": requests.add_job_flow_steps,
        "hourly_usd": [vars(item) for item in items],
    }


def _request_lines(requests: "Plan") -> Iterator[str]:
    yield f"RunJobFlow\n{json.dumps(requests.run_job_flow, indent=2)}\n"
    for asset, request in requests.add_job_flow_steps.items():
        yield f"AddJobFlowSteps for {asset}\n{json.dumps(request, indent=2)}\n"


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


def _price_lines(items: "list[Item]", region: str, missing: str) -> Iterator[str]:
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
