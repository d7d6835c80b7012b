"""`emr-ml run`: materialize all assets."""

import sys

import click

from emr_ml.commands.context import errors_as_messages


@click.command()
def run() -> None:
    """Materialize all assets in the configured deployment, and print the metrics."""
    with errors_as_messages():
        # Dagster takes seconds to import, and the definitions read the settings when imported
        from emr_ml.commands.full_run import materialize_all

        succeeded = materialize_all()
    sys.exit(0 if succeeded else 1)
