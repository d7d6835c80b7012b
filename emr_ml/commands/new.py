"""`emr-ml new`: write a new project."""

from pathlib import Path

import click

from emr_ml.commands.context import errors_as_messages
from emr_ml.new_project import new_project


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def new(folder: Path) -> None:
    """Write a project into FOLDER: a pipeline, a Spark job with its test, and settings.

    Nothing is installed. `make run` in the folder materializes everything.
    """
    with errors_as_messages():
        paths = new_project(folder.absolute())
    for path in paths:
        click.echo(path.relative_to(folder.absolute()))
    click.echo(f"\nnext: cd {folder} && make run")
