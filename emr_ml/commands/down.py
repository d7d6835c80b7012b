"""`emr-ml down`: delete the stack, and keep the data."""

from typing import TYPE_CHECKING

import click

from emr_ml.commands.context import errors_as_messages
from emr_ml.settings import load_settings

if TYPE_CHECKING:
    from emr_ml.stack.context import StackContext
    from emr_ml.stack.removal import StackSummary


@click.command()
@click.option("--stack", help="Name of the stack; by default EMR_ML_STACK, else emr-ml.")
@click.option("--yes", is_flag=True, help="Do not ask before the stack is deleted.")
@click.option("--end-clusters", is_flag=True, help="First terminate the clusters that use it.")
@click.option(
    "--delete-data",
    metavar="BUCKET",
    help="Also delete this bucket with all versions of all data. It must be the stack's bucket.",
)
def down(*, stack: str | None, yes: bool, end_clusters: bool, delete_data: str | None) -> None:
    """Delete the stack. The bucket is kept, unless you name it with --delete-data.

    The stack is not deleted while clusters use it, unless --end-clusters terminates them. If the
    command fails half-way, run it again; with --delete-data this works after the stack is deleted.
    """
    with errors_as_messages():
        from emr_ml.stack.context import find_stack_context
        from emr_ml.stack.removal import (
            delete_bucket_and_key,
            delete_stack,
            remaining_resources,
        )

        context = find_stack_context(load_settings(), stack)
        summary = _find(context, delete_data)
        if summary is None:
            click.echo(f"there is no stack {context.stack} in {context.region}")
            return
        if delete_data not in (None, summary.bucket):
            raise click.ClickException(
                f"the data is in {summary.bucket}, not in {delete_data}: nothing was deleted"
            )
        _end_clusters(context, summary, allowed=end_clusters)
        if not yes and not click.confirm(_question(context, summary, delete_data)):
            raise click.ClickException("nothing was deleted")
        if not summary.is_deleted:
            for event in delete_stack(context, summary):
                click.echo(event.line)
        if delete_data:
            for line in delete_bucket_and_key(context, summary):
                click.echo(line)
        remaining = list(remaining_resources(context, summary))
    click.echo(f"stack {context.stack} is deleted")
    for line in remaining or ["nothing"]:
        click.echo(f"left: {line}")


def _find(context: "StackContext", delete_data: str | None) -> "StackSummary | None":
    """Return the existing stack, else the deleted one whose bucket is to be deleted now."""
    from emr_ml.stack.bucket import bucket_exists
    from emr_ml.stack.removal import find_deleted_stack, find_stack

    summary = find_stack(context)
    if summary is None and delete_data:
        summary = find_deleted_stack(context, delete_data)
        if summary is None and bucket_exists(context.s3, delete_data):
            raise click.ClickException(
                f"there is no stack {context.stack} in {context.region}, and AWS no longer "
                f"knows which stack had bucket {delete_data}: nothing was deleted. If you are "
                f"sure, empty the bucket and delete it with `aws s3 rb s3://{delete_data}`"
            )
    return summary


def _end_clusters(context: "StackContext", summary: "StackSummary", *, allowed: bool) -> None:
    """Terminate the clusters that use the stack, or fail if that is not allowed."""
    from emr_ml.launchers.emr.cost.live_clusters import clusters_with_role, terminate_and_wait

    if summary.is_deleted or not summary.service_role:
        return
    clusters = clusters_with_role(context.emr, summary.service_role)
    if not clusters:
        return
    names = ", ".join(f"{cluster.id} ({cluster.state})" for cluster in clusters)
    if not allowed:
        raise click.ClickException(
            f"clusters still use stack {context.stack}: {names}. Wait until they have ended, or "
            "terminate them and their steps with --end-clusters. Nothing was deleted"
        )
    click.echo(f"terminating {names}")
    terminate_and_wait(context.emr, clusters, context.poll_seconds)


def _question(context: "StackContext", summary: "StackSummary", delete_data: str | None) -> str:
    if summary.is_deleted:
        return f"delete bucket {delete_data} of stack {context.stack} with all data?"
    data = f"and bucket {delete_data} with all data" if delete_data else "and keep its bucket"
    return f"delete stack {context.stack} {data}?"
