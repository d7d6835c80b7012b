"""`emr-ml mlflow`: the models on an MLflow server."""

import sys
from collections.abc import Sequence

import click

from emr_ml.commands.context import errors_as_messages
from emr_ml.errors import UserError
from emr_ml.settings import Settings, load_settings

SECONDS = 3600.0


@click.group()
def mlflow() -> None:
    """Show the lake's models on the MLflow server that MLFLOW_TRACKING_URI names."""


@mlflow.command()
@click.option(
    "--pipeline",
    "pipelines",
    metavar="PREFIX",
    multiple=True,
    help="The key prefix of a pipeline, empty if it has none; by default, all of the project.",
)
@click.option("--seconds", type=float, default=SECONDS, help="After which it gives up.")
def sync(*, pipelines: tuple[str, ...], seconds: float) -> None:
    """Bring the server to what the lake says: runs, models, and the champion's alias.

    It writes only what is missing or different, so it may be repeated or interrupted at any time.
    """
    with errors_as_messages():
        settings = load_settings()
        if settings.mlflow_tracking_uri is None:
            raise UserError(
                "MLFLOW_TRACKING_URI is not set", fix="set it to the address of an MLflow server"
            )
        from emr_ml.tracking.pipelines import sync_pipelines

        problems = 0
        given = tuple(prefix.strip("/") for prefix in pipelines)
        prefixes = given or project_pipelines(settings)
        for name, result in sync_pipelines(settings, prefixes, seconds):
            written = f"wrote {', '.join(result.written)}" if result.written else "up to date"
            click.echo(f"{name}: {written}")
            for problem in result.problems:
                click.echo(f"{name}: {problem}", err=True)
            problems += len(result.problems)
    sys.exit(1 if problems else 0)


def show_in_mlflow(pipelines: Sequence[str] = ()) -> None:
    """Bring MLflow up to date if a server is set; print what goes wrong, and do not fail.

    Args:
        pipelines: key prefixes; by default, those of all pipelines of the project.
    """
    settings = load_settings()
    if settings.mlflow_tracking_uri is None:
        return
    from emr_ml.tracking.pipelines import follow

    prefixes = pipelines or project_pipelines(settings)
    follow(settings, prefixes, lambda problem: click.echo(problem, err=True))


def project_pipelines(settings: Settings) -> tuple[str, ...]:
    """Return the key prefix of each training pipeline of the project.

    Raises:
        UserError: the definitions can't be loaded.
    """
    from emr_ml.assets.declared import declared_pipelines
    from emr_ml.project import load_project_definitions

    return tuple(declared_pipelines(load_project_definitions(), settings))
