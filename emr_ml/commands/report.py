"""`emr-ml report`: a page about a model, or about two side by side."""

import os
import sys
import tempfile
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

import click

from emr_ml.commands.assets import full_version
from emr_ml.commands.context import configured_lake
from emr_ml.history.committed import committed_versions, metrics_of
from emr_ml.lake.champion import METRICS, MODEL
from emr_ml.lake.versions import short
from spark_jobs.runtime.job import JobError
from spark_jobs.runtime.lake import Lake

if TYPE_CHECKING:
    from emr_ml.contract import Contract


@click.command()
@click.argument("version", required=False)
@click.argument("other", required=False)
@click.option("--pipeline", metavar="PREFIX", default="", help="The pipeline's key prefix, if any.")
@click.option("--output", metavar="FILE", help="Write the page to this file.")
@click.option("--no-open", is_flag=True, help="Print where the page is, and open no browser.")
def report(
    version: str | None, other: str | None, pipeline: str, output: str | None, *, no_open: bool
) -> None:
    """Show what a model is good for and where it is wrong, as a page that needs no other file.

    VERSION is of metrics, or of its lr_model; by default the current metrics. With OTHER, both are
    shown side by side, with what differs between them. The first 6 digits of each are enough.
    """
    with configured_lake(pipeline) as lake:
        chosen = _metrics_version(lake, version)
        if other:
            compared = _metrics_version(lake, other)
            path = _side_by_side(lake, chosen, compared, output)
        else:
            path = _page(lake, chosen, output, pipeline)
    click.echo(path)
    if not no_open and _has_desktop():
        webbrowser.open(path.as_uri())


def _metrics_version(lake: Lake, digits: str | None) -> str:
    """Return the version of `metrics` that the digits are of, or that measured that model.

    Raises:
        JobError: there is none, or the digits are not those of one version.
    """
    from emr_ml.lake.current import current_version

    if digits is None:
        return current_version(lake, METRICS)
    is_of_metrics = any(committed_versions(lake, METRICS, digits.lower()))
    if is_of_metrics or not any(committed_versions(lake, MODEL, digits.lower())):
        return full_version(lake, METRICS, digits)
    model = full_version(lake, MODEL, digits)
    measured = metrics_of(lake, model)
    if measured is None:
        raise JobError(f"{MODEL} {model} has no metrics yet: materialize {METRICS}")
    return measured.version


def _page(lake: Lake, version: str, output: str | None, pipeline: str) -> Path:
    """Return a local file with the page of a version; draws it if it is not in the lake."""
    from emr_ml.lake.inputs import committed_report
    from emr_ml.model_report.facts import gather_facts
    from emr_ml.model_report.stored import page_key, store_page

    key = page_key(committed_report(lake, METRICS, version))
    stored = lake.read(key)
    if stored is None:
        store_page(lake, gather_facts(lake, version, _contract(pipeline)))
        stored = lake.read(key)
        assert stored, "it was just written"
    if output is None and not stored.uri.startswith("s3://"):
        return Path(stored.uri).absolute()
    return _written(stored.body, output, f"report-{short(version)}.html")


def _side_by_side(lake: Lake, version: str, other: str, output: str | None) -> Path:
    from emr_ml.model_report.comparison import render_comparison
    from emr_ml.model_report.facts import gather_facts

    page = render_comparison(gather_facts(lake, version), gather_facts(lake, other))
    return _written(page.encode(), output, f"report-{short(version)}-{short(other)}.html")


def _written(page: bytes, output: str | None, name: str) -> Path:
    # a new folder that only its owner can read, because the page may show rows of the data
    path = Path(output) if output else Path(tempfile.mkdtemp(prefix="emr-ml-")) / name
    path.write_bytes(page)
    return path.absolute()


def _contract(pipeline: str) -> "Contract | None":
    """Return the contract of the pipeline, or None if the project does not say which it is."""
    from emr_ml.commands.validate import choose_pipeline
    from emr_ml.errors import UserError
    from emr_ml.settings import load_settings

    try:
        return choose_pipeline(pipeline.strip("/") or None, load_settings(), ()).load_contract()
    except UserError as error:
        click.echo(f"checks are not evaluated: {error}", err=True)
        return None


def _has_desktop() -> bool:
    """Whether a browser would have a screen; on a server, one may open in the terminal."""
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
