"""`emr-ml promote` and `emr-ml rollback`: choose the champion by hand."""

import getpass

import click

from emr_ml.commands.assets import full_version
from emr_ml.commands.context import configured_lake
from emr_ml.commands.mlflow import show_in_mlflow
from emr_ml.lake.champion import (
    MODEL,
    promote_by_hand,
    read_champion,
    read_record,
    roll_back,
)
from emr_ml.lake.usage import mark_used
from emr_ml.lake.versions import short
from spark_jobs.runtime.job import JobError
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.report import read_report

of_pipeline = click.option(
    "--pipeline",
    metavar="PREFIX",
    default="",
    help="The key prefix of the pipeline, if it has one.",
)


@click.command()
@click.argument("version")
@click.option("--why", default="", help="The reason, for the history.")
@of_pipeline
def promote(version: str, why: str, pipeline: str) -> None:
    """Make VERSION of lr_model the champion, whatever its checks and figures are.

    Its first 6 digits are enough. A version that was rolled back may become champion again.
    """
    with configured_lake(pipeline) as lake:
        chosen = full_version(lake, MODEL, version)
        _mark_model_used(lake, chosen)
        before = read_champion(lake)
        if not promote_by_hand(lake, chosen, why or f"by {_user_name()}"):
            click.echo(f"{chosen} is already the champion")
            return
    click.echo(f"{chosen} is the champion now")
    if before:
        click.echo(f"the previous champion was {before.version}: `emr-ml rollback` restores it")
    show_in_mlflow([pipeline.strip("/")])


@click.command()
@click.option("--why", default="", help="The reason, for the history.")
@of_pipeline
def rollback(why: str, pipeline: str) -> None:
    """Make the previous champion the champion again.

    The version that is rolled back becomes champion again only by `emr-ml promote`.
    """
    with configured_lake(pipeline) as lake:
        line = read_record(lake).line
        if not line:
            raise JobError(
                f"there is no champion in {lake.root}, so there is nothing to roll back: "
                f"materialize champion_model, or choose a version of {MODEL} with "
                "`emr-ml promote VERSION`"
            )
        champion, *before = reversed(line)
        if before:
            _mark_model_used(lake, before[0].version)
        restored = roll_back(lake, champion.version, why or f"by {_user_name()}")
    click.echo(f"{restored.version} is the champion again")
    click.echo(
        f"{champion.version} becomes champion again only by "
        f"`emr-ml promote {short(champion.version)}`"
    )
    show_in_mlflow([pipeline.strip("/")])


def _mark_model_used(lake: Lake, version: str) -> None:
    """Mark a version of `lr_model` and its inputs as used, so that no clean-up removes them.

    Raises:
        JobError: the lake does not have that version.
    """
    mark_used(lake, f"{MODEL}/{version}")
    model = read_report(lake, MODEL, version)
    if model is None:
        raise JobError(
            f"{MODEL} {version} is gone from {lake.root}: make another version champion with "
            "`emr-ml promote VERSION`"
        )
    for asset, input_version in model.inputs.items():
        mark_used(lake, f"{asset}/{input_version}")


def _user_name() -> str:
    """Return the user's name as far as it is known."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "somebody"
