"""`emr-ml validate`: do the files fit the contract?"""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from emr_ml.settings import SettingsError, load_settings
from emr_ml.ui.wording import escape_control_characters

if TYPE_CHECKING:
    from emr_ml.validation import Validation
    from spark_jobs.runtime.report import Report

SHOWN = 120  # characters of a rejected row
CLASSES = 20


@click.command()
@click.argument("source", required=False)
@click.option("--contract", metavar="FILE", help="the contract; EMR_ML_DATASET if not given")
def validate(source: str | None, contract: str | None) -> None:
    """Read all rows of SOURCE by a contract, and tell what breaks it. Nothing is trained or kept.

    SOURCE is a file, a folder or an s3:// prefix; EMR_ML_SOURCE if not given. Spark runs on this
    machine. Exit code 1 if a check fails that training waits for.
    """
    try:
        settings = load_settings()
    except SettingsError as error:
        raise click.ClickException(str(error)) from error
    given = {"source": source, "dataset": contract}
    named = {key: _absolute(value) for key, value in given.items() if value}
    # Dagster takes seconds to import
    from emr_ml.validation import validated

    settings = settings.model_copy(update=named)
    with validated(settings) as found:
        click.echo(f"source    {settings.source or 'the sample'}")
        click.echo(f"contract  {settings.dataset}")
        for line in _told(found):
            click.echo(escape_control_characters(line))
        if found.failure:
            raise click.ClickException(escape_control_characters(found.failure))
        sys.exit(0 if found.good else 1)


def _absolute(address: str) -> str:
    if address.startswith("s3://"):
        return address
    return str(Path(address).expanduser().absolute())


def _told(found: "Validation") -> Iterator[str]:
    if found.snapshot:
        files = found.snapshot.files
        yield f"files     {len(files):,}, {sum(file['size'] for file in files):,} bytes"
    if found.rows:
        yield from _rows(found.rows)
    if found.rejected:
        yield from ("", f"the first {len(found.rejected)} rejected rows")
        for row in found.rejected:
            yield from _rejected(row)
    if found.checks:
        yield from ("", "checks")
    for check in found.checks:
        how = "good" if check.passed else "BAD " if check.blocking else "note"
        yield f"  {how}  {check.name}{f': {check.said}' if check.said else ''}"


def _rows(report: "Report") -> Iterator[str]:
    rows, figures = report.rows, report.figures
    share = f" ({rows['rejected'] / rows['in']:.2%})" if rows["in"] else ""
    rejected = f"{rows['rejected']:,} rejected{share}"
    yield f"rows      {rows['in']:,} in, {rows['kept']:,} kept, {rejected}"
    if duplicates := figures.get("duplicates"):
        ids = duplicates.get("ids")
        by_id = f", {ids:,} with the id of another" if ids is not None else ""
        yield f"doubles   {duplicates.get('rows') or 0:,} rows equal to another{by_id}"
    if label := figures.get("label"):
        yield f"label     {_label(label)}"
    if rules := figures.get("rules"):
        yield from ("", "broken rules, and rows that break them")
        yield from (f"  {count:>12,}  {rule}" for rule, count in rules.items())
    yield from ("", "     missing  column")
    for name, column in figures.get("columns", {}).items():
        yield f"  {column.get('missing', 0):>10,}  {name}{_range(column)}"


def _label(label: Mapping[str, Any]) -> str:
    if "classes" in label:
        counts = list(label["classes"].items())
        more = f" and {len(counts) - CLASSES:,} more" if len(counts) > CLASSES else ""
        return ", ".join(f"{value} {count:,}" for value, count in counts[:CLASSES]) + more
    if "positive" in label:
        return f"positive {label['positive']:,}, other {label['other']:,}"
    return ", ".join(f"{name} {_number(value)}" for name, value in label.items())


def _range(column: Mapping[str, Any]) -> str:
    if column.get("min") is None or column.get("max") is None:
        return ""
    mean = f", mean {_number(column['mean'])}" if column.get("mean") is not None else ""
    return f"  {_number(column['min'])} to {_number(column['max'])}{mean}"


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:,.6g}"


def _rejected(row: Mapping[str, Any]) -> Iterator[str]:
    if row.get("record") is not None:
        place = f"record {row['record']}"
    else:
        place = f"in bytes {row['byte_start']} to {row['byte_start'] + row['byte_length']}"
    yield f"  {row['file']}, {place}: {row['reason']}"
    raw = " ".join(str(row["raw"] or "").split())
    yield f"    {raw[:SHOWN]}{'…' if len(raw) > SHOWN else ''}"
