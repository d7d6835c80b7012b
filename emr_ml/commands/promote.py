"""`emr-ml promote` and `emr-ml rollback`: choose the champion by hand."""

import getpass
import re

import click

from emr_ml.commands.context import check_model, configured_lake
from emr_ml.lake.champion import (
    DIGITS,
    FEWEST_DIGITS,
    MODEL,
    model_versions,
    promote_by_hand,
    read_champion,
    read_record,
    roll_back,
)
from spark_jobs.runtime.job import JobError
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.report import read_report

SHOWN = 10


@click.command()
@click.argument("version")
@click.option("--why", default="", help="why, for the history")
def promote(version: str, why: str) -> None:
    """Make VERSION of lr_model the champion, whatever its checks and figures say.

    The first 8 of its digits do. If it was rolled back before, it is in the running again.
    """
    with configured_lake() as lake:
        meant = _meant(lake, version.lower())
        check_model(lake, meant)
        before = read_champion(lake)
        if not promote_by_hand(lake, meant, why or f"by {whoever()}"):
            click.echo(f"{meant} is the champion already")
            return
    click.echo(f"{meant} is the champion now")
    if before:
        click.echo(f"before it was {before.version}: `emr-ml rollback` goes back to it")


def whoever() -> str:
    """The user's name, as far as it is known."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "somebody"


def _meant(lake: Lake, version: str) -> str:
    if not re.fullmatch(f"[0-9a-f]{{{FEWEST_DIGITS},{DIGITS}}}", version):
        raise JobError(
            f"'{version}' is no version: give {FEWEST_DIGITS} to {DIGITS} of its digits, "
            f"0 to 9 and a to f. {_there(lake)}"
        )
    found = list(model_versions(lake, version))
    if len(found) > 1:
        raise JobError(f"'{version}' may mean {' or '.join(found)}: give more digits")
    if not found:
        raise JobError(f"{lake.root} has no version {version} of {MODEL}. {_there(lake)}")
    return found[0]


def _there(lake: Lake) -> str:
    """The newest versions, one to a line."""
    committed = (read_report(lake, MODEL, version) for version in model_versions(lake))
    reports = [found.report for found in committed if found]
    if not reports:
        return f"There is none in {lake.root}: materialize {MODEL} first"
    reports.sort(key=lambda report: report.finished, reverse=True)
    lines = [f"{report.version}  {report.finished[:19]}" for report in reports[:SHOWN]]
    more = [f"and {len(reports) - SHOWN} more"] if len(reports) > SHOWN else []
    return "\n".join(("There are:", *lines, *more))


@click.command()
@click.option("--why", default="", help="why, for the history")
def rollback(why: str) -> None:
    """Make the champion before this one champion again.

    The one that is rolled back becomes champion again only by `emr-ml promote`.
    """
    with configured_lake() as lake:
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
