"""One run of all assets, from the command line."""

import os
from collections.abc import Mapping
from contextlib import nullcontext, suppress
from typing import cast

import click
import dagster as dg

from emr_ml.commands.mlflow import show_in_mlflow
from emr_ml.history.instance import open_instance
from emr_ml.jobs import everything_job
from emr_ml.lake.leases import this_host
from emr_ml.model_report.wording import number
from emr_ml.project import load_project_definitions
from emr_ml.sensors.lost_runs import HOST_TAG
from emr_ml.settings import SettingsError, load_settings
from emr_ml.stack import with_stack
from emr_ml.ui.console import REFUSED, failure_cause
from emr_ml.ui.run_bar import run_bar
from emr_ml.wording import escape_control_characters

FIGURES = (
    *("accuracy", "f1", "precision", "recall", "auc_roc", "auc_pr", "log_loss", "brier"),
    *("rmse", "mae", "r2"),
)


def everything_job_definition() -> dg.JobDefinition:
    """Return the job of all assets; a function that Dagster can import in another process."""
    return load_project_definitions().resolve_job_def(everything_job.name)


def materialize_all() -> bool:
    """Run all assets on the instance of the UI, print the results, and return True on success."""
    settings = load_settings()
    os.chdir(settings.dagster_home)  # the paths in dagster.yaml are relative
    # elsewhere, each step has a process of its own, which knows of no bar
    here = settings.deployment.runs_here
    bar = run_bar(len(everything_job_definition().nodes)) if here else nullcontext()
    with open_instance() as instance:
        with bar:
            executed = dg.execute_job(
                dg.reconstructable(everything_job_definition),
                instance=instance,
                run_config={"loggers": {"console": {}}},
                tags={HOST_TAG: this_host()},
            )
        with executed as result:
            show(result)
    show_in_mlflow()
    return result.success


def show(result: dg.JobExecutionResult) -> None:
    """Print the versions, the figures of the model, the failures, and where to find more."""
    materialized = {
        event.asset_key.to_user_string(): event.materialization.metadata
        for event in result.get_asset_materialization_events()
        if event.asset_key
    }
    for asset, metadata in materialized.items():
        how = "reused" if metadata["reused"].value else "committed"
        click.echo(f"{asset:<18} {how:<9}  {metadata['version'].value}")
    for asset, metrics in materialized.items():
        prefix, _, name = asset.rpartition("/")
        if name == "metrics":
            _show_figures(prefix, metrics, materialized.get(f"{prefix}/champion_model".strip("/")))
    for event in result.filter_events(lambda event: event.is_step_failure):
        # the console may lack the last messages of the step's own process
        click.echo(f"\n{event.step_key} {escape_control_characters(failure_cause(event) or '')}")
    if any(failure_cause(event) == REFUSED for event in result.all_events if event.is_step_failure):
        _show_refusals(result)
    if not materialized and result.success:
        click.echo("nothing was materialized: does the project have pipelines or jobs?")
    click.echo()
    click.echo(f"run     {result.run_id} {'is green' if result.success else 'failed, see above'}")
    with suppress(SettingsError):  # an invalid stack was already reported
        click.echo(f"lake    {with_stack(load_settings()).lake}")
    click.echo("lineage and history: `make ui`, then http://127.0.0.1:3000")


def _show_refusals(result: dg.JobExecutionResult) -> None:
    """Print what blocking checks say of assets that are not ours, whose failures do not say it."""
    for evaluation in result.get_asset_check_evaluations():
        if evaluation.blocking and not evaluation.passed:
            asset = evaluation.asset_key.to_user_string()
            said = escape_control_characters(evaluation.description or "")
            click.echo(f"\n{asset} is refused by {evaluation.check_name}: {said}")


def _show_figures(
    prefix: str,
    metrics: Mapping[str, dg.MetadataValue],
    champion: Mapping[str, dg.MetadataValue] | None,
) -> None:
    click.echo(f"\n{prefix}" if prefix else "")
    for name in (name for name in FIGURES if name in metrics):
        click.echo(f"{name:<18} {number(cast('float', metrics[name].value))}")
    click.echo(f"{'test_rows':<18} {metrics['test_rows'].value}")
    if champion:
        click.echo(f"{'champion':<18} {champion['reason'].value}")
    if "report" in metrics:
        click.echo(f"{'report':<18} {metrics['report'].value}")
