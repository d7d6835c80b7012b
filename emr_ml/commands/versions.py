"""`emr-ml versions`: the versions of an asset, and what became of each."""

from typing import Any

import click

from emr_ml.commands.assets import find_place, with_versions
from emr_ml.commands.completion import complete_asset
from emr_ml.commands.context import configured_lake
from emr_ml.commands.output import as_json_option, print_json, state, table
from emr_ml.history.committed import newest_reports
from emr_ml.lake.versions import short
from emr_ml.wording import local_time_of
from spark_jobs.runtime.report import Report

VERSIONS_SHOWN = 10
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
    from emr_ml.history.state import NOT_CURRENT, read_state

    with configured_lake() as lake:
        place = with_versions(find_place(lake, asset))
        reports = newest_reports(place.lake, place.asset)
        rows = [
            (report, read_state(place, report.version, report, reasons=False).words)
            for report in reports[:limit]
        ]
    if as_json:
        print_json([_as_json(report, words) for report, words in rows])
        return
    lines = table([(short(r.version), local_time_of(r.finished), _headline(r)) for r, _ in rows])
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
