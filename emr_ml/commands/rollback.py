"""`emr-ml rollback`: back to the champion before."""

import click

from emr_ml.champions.record import MODEL, read_record, roll_back
from emr_ml.commands.lake import check_model, lake_that_is_set
from emr_ml.commands.promote import whoever
from spark_jobs.runtime.job import JobError


@click.command()
@click.option("--why", default="", help="why, for the history")
def rollback(why: str) -> None:
    """Make the champion before this one champion again.

    The one that is rolled back becomes champion again only by `emr-ml promote`.
    """
    with lake_that_is_set() as lake:
        line = read_record(lake).line
        if not line:
            raise JobError(
                f"there is no champion in {lake.root}, so there is nothing to go back from: "
                f"materialize champion_model, or name a version of {MODEL} with "
                "`emr-ml promote VERSION`"
            )
        champion, *before = reversed(line)
        if before:
            check_model(lake, before[0].version)
        back = roll_back(lake, champion.version, why or f"by {whoever()}")
    click.echo(f"{back.version} is the champion again")
    click.echo(f"{champion.version} comes back only by `emr-ml promote {champion.version[:8]}`")
