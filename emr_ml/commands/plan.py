"""`emr-ml plan`: what a run would send, and what that costs."""

import json
from collections.abc import Mapping
from typing import TextIO

import click

from emr_ml.aws import time_limits
from emr_ml.commands.context import errors_as_messages
from emr_ml.commands.plans import Planned, plan_deployment
from emr_ml.settings import Deployment, Settings, load_settings
from emr_ml.stack import with_stack
from emr_ml.wording import escape_control_characters


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
            deployment: plan_deployment(
                with_stack(settings.on(deployment), time_limits.COMMAND), jobs
            )
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
