"""The command `emr-ml`."""

import os
from collections.abc import Iterable

import click

from emr_ml.commands.compute.command import compute
from emr_ml.commands.diff import diff
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
from emr_ml.commands.runs import runs
from emr_ml.commands.show import show
from emr_ml.commands.stop import stop
from emr_ml.commands.up import up
from emr_ml.commands.validate import validate
from emr_ml.commands.versions import versions
from emr_ml.commands.wheelhouse import wheelhouse
from emr_ml.garbage import collect_less

NAME_WIDTH = 12
# in the order in which a new user meets them, which is that of `--help`
COMMANDS = {
    "run": (run, "materialize all assets, and print the metrics"),
    "new": (new, "write a new project into a folder"),
    "infer": (infer, "draft a contract for a file"),
    "profile": (profile, "show what is in the columns of a file"),
    "validate": (validate, "read files by a contract, and show what breaks it"),
    "runs": (runs, "list the last runs, and why one failed"),
    "versions": (versions, "list the versions of an asset"),
    "show": (show, "show figures, checks, files and lineage of a version"),
    "diff": (diff, "show what differs between two versions, and its effect"),
    "report": (report, "open the page about a model, or about two side by side"),
    "promote": (promote, "make a model the champion"),
    "rollback": (rollback, "make the previous champion the champion again"),
    "export": (export, "write a model as files that need no Spark"),
    "mlflow": (mlflow, "show the models on an MLflow server"),
    "doctor": (doctor, "check the set-up, with a fix for what is bad"),
    "plan": (plan, "print what a run would ask of EMR, and the price per hour"),
    "compute": (compute, "show what is running, and its cost"),
    "stop": (stop, "end the Spark that is kept warm on this machine"),
    "up": (up, "deploy the stack that EMR needs"),
    "down": (down, "delete the stack, and keep the data"),
    "wheelhouse": (wheelhouse, "upload the nodes' Python packages to the lake"),
}


class Commands(click.Group):
    """Commands in their order, with a `--help` that fits a screen of 24 lines."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return [name for name in self.commands if name in COMMANDS]

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write(
            f"Usage: {ctx.command_path} COMMAND [OPTIONS] [ARGS]...   (COMMAND --help)\n"
        )
        formatter.write("Train models with PySpark, orchestrated by Dagster.\n")
        for line in self._lines():
            formatter.write(f"{line}\n")

    def _lines(self) -> Iterable[str]:
        for name, (_, summary) in COMMANDS.items():
            yield f"  {name:<{NAME_WIDTH}}{summary}"


@click.group(cls=Commands)
@click.pass_context
def main(ctx: click.Context) -> None:
    """Train models with PySpark, orchestrated by Dagster."""
    collect_less()
    # no-color.org: any value but an empty one; otherwise click drops colours where there is no
    # terminal
    if os.environ.get("NO_COLOR"):
        ctx.color = False


for name, (command, summary) in COMMANDS.items():
    command.short_help = summary
    main.add_command(command, name)
main.add_command(compute, "clusters")  # its name when all that ran was a cluster
