"""`emr-ml validate`: checks files against the contract."""

import sys
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from emr_ml.commands.context import errors_as_messages
from emr_ml.commands.output import as_json_option, print_json
from emr_ml.errors import UserError
from emr_ml.settings import Settings, load_settings
from emr_ml.wording import escape_control_characters, join_first, shorten

if TYPE_CHECKING:
    from emr_ml.pipeline import Pipeline
    from emr_ml.validation import Validation
    from spark_jobs.cleaning.figures import ColumnSummary, LabelSummary
    from spark_jobs.runtime.report import Report

ROW_CHARACTERS = 120  # of a rejected row
CLASSES_SHOWN = 20


@click.command()
@click.argument("source", required=False)
@click.option("--contract", metavar="FILE", help="The contract; by default the pipeline's.")
@click.option("--pipeline", metavar="PREFIX", help="The pipeline's key prefix, if there are more.")
@as_json_option
def validate(
    source: str | None, contract: str | None, pipeline: str | None, *, as_json: bool
) -> None:
    """Read all rows of SOURCE by a contract, and show what breaks it. Nothing is trained or kept.

    SOURCE is a file, a folder or an s3:// prefix; by default the pipeline's. Spark runs on this
    machine. The exit code is 1 if a check fails that blocks training.
    """
    # Dagster takes seconds to import
    from emr_ml.validation import validate_source

    given = {"source": source, "contract": contract}
    options = {name: _absolute(value) for name, value in given.items() if value}
    with errors_as_messages():
        settings = load_settings()
        chosen = replace(choose_pipeline(pipeline, settings, options), **options)
    with validate_source(chosen, settings) as validation:
        if as_json:
            print_json(_as_json(chosen, validation))
            sys.exit(0 if validation.passed else 1)
        click.echo(f"source    {chosen.source or 'the sample'}")
        of_sample = chosen.contract == Settings.model_fields["dataset"].default
        hint = ", which is the sample's: name yours with --contract"
        click.echo(f"contract  {chosen.contract}{hint if chosen.source and of_sample else ''}")
        for line in _lines(validation):
            click.echo(escape_control_characters(line))
        if validation.failure:
            raise click.ClickException(escape_control_characters(validation.failure))
        sys.exit(0 if validation.passed else 1)


def _as_json(chosen: "Pipeline", validation: "Validation") -> dict[str, Any]:
    dataset, snapshot = validation.dataset, validation.snapshot
    return {
        "source": chosen.source,
        "contract": chosen.contract,
        "passed": validation.passed,
        "failure": validation.failure,
        "files": [{"name": f["name"], "bytes": f["size"]} for f in snapshot.files]
        if snapshot
        else [],
        "rows": dataset.rows if dataset else None,
        "figures": dataset.figures if dataset else None,
        "rejected": validation.rejected,
        "checks": [asdict(check) for check in validation.checks],
    }


def choose_pipeline(name: str | None, settings: Settings, given: Collection[str]) -> "Pipeline":
    """Return the pipeline of a name, or the only one.

    Raises:
        UserError: the project has no such pipeline, or several, of which none is named.
    """
    from emr_ml.assets.declared import declared_pipelines
    from emr_ml.pipeline import Pipeline
    from emr_ml.project import load_project_definitions

    of_settings = Pipeline.of_settings(settings)
    named = {*given, *(("source",) if settings.source else ())}
    named |= {"contract"} if "dataset" in settings.model_fields_set else set()
    if name is None and named >= {"source", "contract"}:
        return of_settings  # without the definitions, which may have mistakes of their own
    pipelines = declared_pipelines(load_project_definitions(), settings)
    if name is None and len(pipelines) <= 1:
        return next(iter(pipelines.values()), of_settings)
    if name is None or name not in pipelines:
        problem = f"there is no pipeline {name}" if name else "the project has several pipelines"
        known = ", ".join(sorted(pipelines)) or "none"
        raise UserError(problem, fix=f"choose one with --pipeline: {known}")
    return pipelines[name]


def _absolute(address: str) -> str:
    if address.startswith("s3://"):
        return address
    return str(Path(address).expanduser().absolute())


def _lines(validation: "Validation") -> Iterator[str]:
    if validation.snapshot:
        files = validation.snapshot.files
        yield f"files     {len(files):,}, {sum(file['size'] for file in files):,} bytes"
    if validation.dataset:
        yield from _dataset_lines(validation.dataset)
    if validation.rejected:
        yield from ("", f"the first {len(validation.rejected)} rejected rows")
        for row in validation.rejected:
            yield from _rejected_lines(row)
    if validation.checks:
        yield from ("", "checks")
    for check in validation.checks:
        status = "good" if check.passed else "BAD " if check.blocking else "note"
        yield f"  {status}  {check.name}{f': {check.description}' if check.description else ''}"


def _dataset_lines(report: "Report") -> Iterator[str]:
    from emr_ml.checks.check import dataset_figures

    rows, figures = report.rows, dataset_figures(report)
    share = f" ({rows['rejected'] / rows['in']:.2%})" if rows["in"] else ""
    rejected = f"{rows['rejected']:,} rejected{share}"
    yield f"rows      {rows['in']:,} in, {rows['kept']:,} kept, {rejected}"
    if duplicates := figures.get("duplicates"):
        ids = duplicates["ids"]
        by_id = f", {ids:,} with the id of another" if ids is not None else ""
        yield f"doubles   {duplicates['rows']:,} rows equal to another{by_id}"
    if label := figures.get("label"):
        yield f"label     {_label(label)}"
    if rules := figures.get("rules"):
        yield from ("", "broken rules, and rows that break them")
        yield from (f"  {count:>12,}  {rule}" for rule, count in rules.items())
    yield from ("", "     missing  column")
    for name, column in figures.get("columns", {}).items():
        yield f"  {column['missing']:>10,}  {name}{_range(column)}"


def _label(label: "LabelSummary") -> str:
    if "classes" in label:
        counts = [f"{value} {count:,}" for value, count in label["classes"].items()]
        return join_first(counts, CLASSES_SHOWN)
    if "positive" in label:
        return f"positive {label['positive']:,}, other {label.get('other', 0):,}"
    return ", ".join(f"{key} {_number(label.get(key))}" for key in ("min", "max", "mean"))


def _range(column: "ColumnSummary") -> str:
    if (first := column.get("first")) and (last := column.get("last")):
        return f"  {first} to {last}"
    least, most, mean = (column.get(key) for key in ("min", "max", "mean"))
    if least is None or most is None:
        return ""
    mean_text = f", mean {_number(mean)}" if mean is not None else ""
    return f"  {_number(least)} to {_number(most)}{mean_text}"


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:,.6g}"


def _rejected_lines(row: Mapping[str, Any]) -> Iterator[str]:
    if row.get("record") is not None:
        position = f"record {row['record']}"
    else:
        position = f"in bytes {row['byte_start']} to {row['byte_start'] + row['byte_length']}"
    yield f"  {row['file']}, {position}: {row['reason']}"
    yield f"    {shorten(' '.join(str(row['raw'] or '').split()), ROW_CHARACTERS)}"
