"""`emr-ml down`: the stack goes, the data stays."""

from typing import TYPE_CHECKING

import click

from emr_ml.commands.context import errors_as_messages
from emr_ml.settings import load_settings

if TYPE_CHECKING:
    from emr_ml.stack.context import StackContext
    from emr_ml.stack.removal import StackState


@click.command()
@click.option("--stack", help="Its name; EMR_ML_STACK if not given, or else emr-ml.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--end-clusters", is_flag=True, help="End the clusters that run on it first.")
@click.option(
    "--delete-data",
    metavar="BUCKET",
    help="Remove the bucket, too, with all versions of all data. Its name says that you mean it.",
)
def down(*, stack: str | None, yes: bool, end_clusters: bool, delete_data: str | None) -> None:
    """Remove the stack. The bucket stays, unless you name it with --delete-data.

    Clusters that still run on the stack keep it, unless --end-clusters ends them. If it failed
    half-way, run it again; with --delete-data also if the stack is gone already.
    """
    with errors_as_messages():
        from emr_ml.stack.context import find_stack_context
        from emr_ml.stack.removal import left, remove, remove_data

        place = find_stack_context(load_settings(), stack)
        standing = _found(place, delete_data)
        if standing is None:
            click.echo(f"there is no stack {place.stack} in {place.region}")
            return
        if delete_data not in (None, standing.bucket):
            raise click.ClickException(
                f"the data is in {standing.bucket}, not in {delete_data}: nothing was removed"
            )
        _end(place, standing, allowed=end_clusters)
        if not yes and not click.confirm(_question(place, standing, delete_data)):
            raise click.ClickException("nothing was removed")
        for event in () if standing.is_gone else remove(place, standing):
            click.echo(event.line)
        for line in remove_data(place, standing) if delete_data else ():
            click.echo(line)
        kept = list(left(place, standing))
    click.echo(f"stack {place.stack} is gone")
    for line in kept or ["nothing"]:
        click.echo(f"left: {line}")


def _found(place: "StackContext", delete_data: str | None) -> "StackState | None":
    """The stack; or, if its bucket is to go, too, the one that is gone and left it."""
    from emr_ml.stack.bucket import is_there
    from emr_ml.stack.removal import read_removed_stack, read_stack

    standing = read_stack(place)
    if standing is None and delete_data:
        standing = read_removed_stack(place, delete_data)
        if standing is None and is_there(place.s3, delete_data):
            raise click.ClickException(
                f"there is no stack {place.stack} in {place.region}, and of none that had bucket "
                f"{delete_data} is anything known any more: nothing was removed. If you mean it, "
                f"empty the bucket and remove it with `aws s3 rb s3://{delete_data}`"
            )
    return standing


def _question(place: "StackContext", standing: "StackState", delete_data: str | None) -> str:
    if standing.is_gone:
        return f"remove bucket {delete_data} of stack {place.stack} with all data?"
    what = f"and bucket {delete_data} with all data" if delete_data else "and keep its bucket"
    return f"remove stack {place.stack} {what}?"


def _end(place: "StackContext", standing: "StackState", *, allowed: bool) -> None:
    from emr_ml.stack.removal import end_all

    if not standing.clusters:
        return
    listed = ", ".join(f"{cluster.id} ({cluster.state})" for cluster in standing.clusters)
    if not allowed:
        raise click.ClickException(
            f"clusters still run on stack {place.stack}: {listed}. Wait until they have ended, or "
            "end them and their steps with --end-clusters. Nothing was removed"
        )
    click.echo(f"ending {listed}")
    end_all(place.emr, standing.clusters, place.poll_seconds)
