"""`emr-ml run`: one run of everything, from the command line."""

import fcntl
import logging
import os
from contextlib import suppress
from pathlib import Path

import click
import dagster as dg

from emr_ml.definitions import defs, settings
from emr_ml.jobs import everything_job
from emr_ml.lake.leases import this_host
from emr_ml.launchers import make_launcher
from emr_ml.launchers.base import LaunchError
from emr_ml.sensors.lost_runs import HOST_TAG
from emr_ml.settings import SettingsError
from emr_ml.stack import with_stack
from emr_ml.ui.console import cause_of
from emr_ml.ui.wording import escape_control_characters

FIGURES = (
    *("accuracy", "f1", "precision", "recall", "auc_roc", "auc_pr", "log_loss", "brier"),
    *("rmse", "mae", "r2"),
)


def job_of_everything() -> dg.JobDefinition:
    """The job, in a form that Dagster can load again in another process."""
    return defs.resolve_job_def(everything_job.name)


def materialize_all() -> bool:
    """Run it on the instance that the UI shows, and print what came of it; whether it is green."""
    os.chdir(settings.dagster_home)  # the paths in dagster.yaml are relative
    with (
        open_instance() as instance,
        dg.execute_job(
            dg.reconstructable(job_of_everything),
            instance=instance,
            run_config={"loggers": {"console": {}}},
            tags={HOST_TAG: this_host()},
        ) as result,
    ):
        show(result)
        finish(result.run_id)
        return result.success


def finish(run_id: str) -> None:
    """End what was kept up for this run alone; a configuration that is wrong has been told."""
    log = logging.Logger("emr_ml", logging.INFO)
    log.addHandler(logging.StreamHandler())
    with suppress(LaunchError):
        make_launcher(settings).finish(run_id, log)


def open_instance() -> dg.DagsterInstance:
    """The instance of the dagster.yaml in this folder; two that create it at once take turns."""
    folder = Path(".dagster")
    folder.mkdir(exist_ok=True)
    with (folder / "creation.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return dg.DagsterInstance.from_config(".")


def show(result: dg.JobExecutionResult) -> None:
    """The figures of the model, and where to look for more."""
    materialized = {
        event.asset_key.path[-1]: event.materialization.metadata
        for event in result.get_asset_materialization_events()
        if event.asset_key
    }
    for asset, metadata in materialized.items():
        how = "reused" if metadata["reused"].value else "committed"
        click.echo(f"{asset:<18} {how:<9}  {metadata['version'].value}")
    if found := materialized.get("metrics"):
        click.echo()
        for name in (name for name in FIGURES if name in found):
            click.echo(f"{name:<18} {found[name].value:.4f}")
        click.echo(f"{'test_rows':<18} {found['test_rows'].value}")
    if found := materialized.get("champion_model"):
        click.echo(f"{'champion':<18} {found['reason'].value}")
    for event in result.filter_events(lambda event: event.is_step_failure):
        # what the step's own process said last may not have reached the console
        click.echo(f"\n{event.step_key} {escape_control_characters(cause_of(event) or '')}")
    click.echo()
    click.echo(f"run     {result.run_id} {'is green' if result.success else 'failed, see above'}")
    with suppress(SettingsError):  # a stack that is wrong has been told
        click.echo(f"lake    {with_stack(settings).lake}")
    click.echo("lineage and history: `make ui`, then http://127.0.0.1:3000")
