"""`emr-ml down`: the stack goes, the data stays."""

from typing import TYPE_CHECKING

import click

from emr_ml.commands.aws import aws_in_plain_words
from emr_ml.settings import load_settings

if TYPE_CHECKING:
    from emr_ml.stack.place import Place
    from emr_ml.stack.removal import Standing


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

    Clusters that still run on the stack keep it, unless --end-clusters ends them.
    """
    with aws_in_plain_words():
        from emr_ml.stack.place import find_place
        from emr_ml.stack.removal import left, look, remove, remove_data

        place = find_place(load_settings(), stack)
        standing = look(place)
        if standing is None:
            click.echo(f"there is no stack {place.stack} in {place.region}")
            return
        if delete_data not in (None, standing.bucket):
            raise click.ClickException(
                f"the data is in {standing.bucket}, not in {delete_data}: nothing was removed"
            )
        _end(place, standing, allowed=end_clusters)
        what = f"and bucket {delete_data} with all data" if delete_data else "and keep its bucket"
        if not yes and not click.confirm(f"remove stack {place.stack} {what}?"):
            raise click.ClickException("nothing was removed")
        for event in remove(place, standing):
            click.echo(event.line)
        for line in remove_data(place, standing) if delete_data else ():
            click.echo(line)
        kept = list(left(place, standing))
    click.echo(f"stack {place.stack} is gone")
    for line in kept or ["nothing"]:
        click.echo(f"left: {line}")


def _end(place: "Place", standing: "Standing", *, allowed: bool) -> None:
    from emr_ml.stack.users import end_all

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
