"""`emr-ml versions`, and versions as users enter them: their first digits."""

import re
from typing import Any

import click

from emr_ml.commands.completion import complete_asset
from emr_ml.commands.context import configured_lake
from emr_ml.commands.output import as_json_option, print_json, state, table
from emr_ml.history.committed import committed_versions, newest_reports
from emr_ml.lake.versions import DIGITS
from emr_ml.ui.wording import local_time_of
from spark_jobs.runtime.job import JobError
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.report import Report

MIN_DIGITS = 6  # of the shortest prefix of a version that users may enter
VERSIONS_SHOWN = 10
DIGITS_SHOWN = 8
HEADLINES = ("accuracy", "log_loss", "rmse", "r2")


@click.command()
@click.argument("asset", shell_complete=complete_asset)
@click.option(
    "--limit", type=click.IntRange(1), default=VERSIONS_SHOWN, help="How many.  [default: 10]"
)
@as_json_option
def versions(asset: str, limit: int, *, as_json: bool) -> None:
    """List the committed versions of ASSET, the newest first, with what became of each.

    ASSET is its key, such as lr_model, or shop/lr_model in a pipeline with a prefix.
    """
    from emr_ml.commands.assets import find_place
    from emr_ml.history.state import NOT_CURRENT, read_state

    with configured_lake() as lake:
        place = find_place(lake, asset)
        reports = newest_reports(place.lake, place.asset)
        rows = [
            (report, read_state(place, report.version, report, reasons=False).words)
            for report in reports[:limit]
        ]
    if as_json:
        print_json([_as_json(report, words) for report, words in rows])
        return
    lines = table(
        [(r.version[:DIGITS_SHOWN], local_time_of(r.finished), _headline(r)) for r, _ in rows]
    )
    for line, (_, words) in zip(lines, rows, strict=True):
        notes = " ".join(state(word) for word in words if word != NOT_CURRENT)
        click.echo(f"{line}  {notes}".rstrip())
    if len(reports) > limit:
        click.echo(f"and {len(reports) - limit} more: see --limit")


def _as_json(report: Report, words: tuple[str, ...]) -> dict[str, Any]:
    from emr_ml.ui.metadata import single_values

    figures = single_values(report)
    found = {"version": report.version, "finished": report.finished, "state": words}
    return {**found, "attempt": report.attempt, "figures": figures, "rows": report.rows}


def _headline(report: Report) -> str:
    """Return the figures that tell versions apart, or else how many rows there are."""
    from emr_ml.model_report.wording import number

    found = [name for name in HEADLINES if isinstance(report.figures.get(name), int | float)]
    if found:
        return ", ".join(f"{name} {number(report.figures[name])}" for name in found)
    if "kept" in report.rows:
        return f"{report.rows['kept']:,} rows"
    return "1 file" if len(report.files) == 1 else f"{len(report.files):,} files"


def complete_version(lake: Lake, asset: str, digits: str) -> str:
    """Return the only committed version of an asset that starts with these digits.

    Raises:
        JobError: there is no such version, or more than one.
    """
    digits = check_digits(lake, asset, digits)
    return only_version(lake, asset, digits, list(committed_versions(lake, asset, digits)))


def check_digits(lake: Lake, asset: str, digits: str) -> str:
    """Return the first digits of a version in lower case.

    Raises:
        JobError: they are too few, or no digits.
    """
    digits = digits.lower()
    if not re.fullmatch(f"[0-9a-f]{{{MIN_DIGITS},{DIGITS}}}", digits):
        raise JobError(
            f"'{digits}' is not a version: enter {MIN_DIGITS} to {DIGITS} of its digits, "
            f"0 to 9 and a to f. {_newest_versions(lake, asset)}"
        )
    return digits


def only_version(lake: Lake, asset: str, digits: str, found: list[str]) -> str:
    """Return the only one of the versions that start with these digits.

    Raises:
        JobError: there is none, or more than one.
    """
    if len(found) > 1:
        raise JobError(f"'{digits}' may be {' or '.join(found)}: enter more digits")
    if not found:
        newest = _newest_versions(lake, asset)
        raise JobError(f"{lake.root} has no version {digits} of {asset}. {newest}")
    return found[0]


def _newest_versions(lake: Lake, asset: str) -> str:
    """Return the newest versions and when they were finished, a line each."""
    reports = newest_reports(lake, asset)
    if not reports:
        return f"There are no versions in {lake.root}: materialize {asset} first"
    shown = reports[:VERSIONS_SHOWN]
    lines = [f"{report.version}  {report.finished[:19]}" for report in shown]
    more = [f"and {len(reports) - len(shown)} more"] if len(reports) > len(shown) else []
    return "\n".join(("Its versions are:", *lines, *more))
