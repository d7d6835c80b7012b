"""`emr-ml runs`: the last runs, what each computed or reused, and why one failed."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from emr_ml.commands.context import errors_as_messages
from emr_ml.commands.output import as_json_option, named, print_json, print_lines, state
from emr_ml.settings import load_settings
from emr_ml.wording import duration, escape_control_characters, local_time

if TYPE_CHECKING:
    from emr_ml.history.runs import RunSummary

LIMIT = 10
INDENT = 4
RUN_DIGITS = 8
STATE_WIDTH = 11  # of `not_started`
OF_ASSETS = "__"  # how Dagster's names for a selection of assets begin


@click.command()
@click.option("--limit", type=click.IntRange(1), default=LIMIT, help="How many.  [default: 10]")
@click.option("--failed", is_flag=True, help="Only runs that failed.")
@as_json_option
def runs(limit: int, *, failed: bool, as_json: bool) -> None:
    """List the last runs, newest first: what each computed or reused, its cost, and why one failed.

    They are those of the Dagster instance that `emr-ml run` and the UI share, in DAGSTER_HOME.
    Times are in the time zone of this machine, and in UTC with --json.
    """
    with errors_as_messages():
        settings = load_settings()
        # Dagster takes seconds to import
        from emr_ml.history.instance import open_history
        from emr_ml.history.runs import recent_runs

        with open_history(settings) as instance:
            found = [] if instance is None else [*recent_runs(instance, limit, failed_only=failed)]
    now = time.time()
    if as_json:
        print_json([run.as_json(now) for run in found])
        return
    for run in found:
        print_lines(_lines(run, now))
    if not found:
        what = "no run has failed" if failed else "there are no runs yet: `emr-ml run` makes one"
        click.echo(f"{what} (history in {settings.dagster_home})")


def _lines(run: "RunSummary", now: float) -> Iterator[str]:
    """Yield a line about a run, and below it lines about what it made, or why it failed."""
    when = local_time(datetime.fromtimestamp(run.requested, UTC))
    seconds = run.seconds(now)
    took = "" if seconds is None else duration(seconds)
    job = escape_control_characters(run.job)
    if job.startswith(OF_ASSETS):
        job = "selected assets"
    yield f"{when}  {state(run.state, STATE_WIDTH)}  {took:>12}  {run.run_id[:RUN_DIGITS]}  {job}"
    for name, versions in (("computed", run.computed), ("reused", run.reused)):
        if versions:
            yield named(name, ", ".join(versions), INDENT)
    if run.cost_usd is not None:
        yield named("cost", f"{run.cost_usd:.2f} USD at list prices", INDENT)
    if run.cause:
        yield named("cause", run.cause, INDENT)
