"""The command `emr-ml`."""

import sys

import click

from emr_ml.commands.clusters import clusters
from emr_ml.commands.context import errors_as_messages
from emr_ml.commands.doctor import doctor
from emr_ml.commands.down import down
from emr_ml.commands.infer import infer
from emr_ml.commands.plan import plan
from emr_ml.commands.promote import promote, rollback
from emr_ml.commands.up import up
from emr_ml.commands.validate import validate
from emr_ml.commands.wheelhouse import wheelhouse


@click.group()
def main() -> None:
    """Train models with PySpark, orchestrated by Dagster."""


@main.command()
def run() -> None:
    """Materialize all assets in the configured deployment, and print the metrics."""
    with errors_as_messages():
        # reads the settings when it is imported
        from emr_ml.commands.run import materialize_all
    succeeded = materialize_all()
    sys.exit(0 if succeeded else 1)


for command in (infer, validate, promote, rollback, plan, doctor, clusters, wheelhouse, up, down):
    main.add_command(command)
