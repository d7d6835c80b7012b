"""The command `emr-ml`."""

import os
import sys

import click

from emr_ml.settings import ROOT, SettingsError


@click.group(help=__doc__)
def main() -> None:
    pass


@main.command()
def run() -> None:
    """Materialize the whole graph in the deployment that is set, and print the metrics."""
    from emr_ml.whole_graph import materialize_all

    # Dagster finds its dagster.yaml, and Spark its files, from here
    os.chdir(ROOT)
    try:
        green = materialize_all()
    except SettingsError as error:
        click.echo(str(error), err=True)
        green = False
    sys.exit(0 if green else 1)
