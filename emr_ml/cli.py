"""The command `emr-ml`."""

import click

from emr_ml.commands.clusters import clusters
from emr_ml.commands.doctor import doctor
from emr_ml.commands.down import down
from emr_ml.commands.export import export
from emr_ml.commands.infer import infer
from emr_ml.commands.mlflow import mlflow
from emr_ml.commands.new import new
from emr_ml.commands.plan import plan
from emr_ml.commands.profile import profile
from emr_ml.commands.promote import promote, rollback
from emr_ml.commands.report import report
from emr_ml.commands.run import run
from emr_ml.commands.stop import stop
from emr_ml.commands.up import up
from emr_ml.commands.validate import validate
from emr_ml.commands.wheelhouse import wheelhouse


@click.group()
def main() -> None:
    """Train models with PySpark, orchestrated by Dagster."""


COMMANDS = (
    *(run, stop, new, infer, profile, validate, report, promote, rollback, export),
    *(plan, doctor, clusters, wheelhouse, up, down, mlflow),
)
for command in COMMANDS:
    main.add_command(command)
main.add_command(clusters, "compute")  # not all that runs is a cluster
