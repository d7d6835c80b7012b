"""The command `emr-ml`."""

import sys

import click

from emr_ml.commands.clusters import clusters
from emr_ml.commands.doctor import doctor
from emr_ml.commands.down import down
from emr_ml.commands.infer import infer
from emr_ml.commands.plan import plan
from emr_ml.commands.promote import promote, rollback
from emr_ml.commands.up import up
from emr_ml.commands.validate import validate
from emr_ml.commands.wheelhouse import wheelhouse
from emr_ml.settings import SettingsError


@click.group()
def main() -> None:
    """Train models with PySpark through Dagster."""


@main.command()
def run() -> None:
    """Materialize the whole graph in the deployment that is set, and print the metrics."""
    try:
        from emr_ml.commands.run import materialize_all
    except SettingsError as error:
        raise click.ClickException(str(error)) from error
    green = materialize_all()
    sys.exit(0 if green else 1)


for command in (infer, validate, promote, rollback, plan, doctor, clusters, wheelhouse, up, down):
    main.add_command(command)
