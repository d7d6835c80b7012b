"""`emr-ml export`: a model as a folder that scores rows without Spark."""

from collections.abc import Mapping
from pathlib import Path

import click

from emr_ml.commands.assets import full_version
from emr_ml.commands.context import configured_lake
from emr_ml.commands.promote import of_pipeline
from emr_ml.lake.champion import MODEL, read_champion
from emr_ml.lake.current import read_current
from emr_ml.lake.versions import short
from spark_jobs.runtime.job import JobError
from spark_jobs.runtime.lake import Lake


@click.command()
@click.argument("version", required=False)
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Where to write it; by default `model-` and the first digits of the version.",
)
@of_pipeline
def export(version: str | None, output: Path | None, pipeline: str) -> None:
    """Write VERSION of lr_model as model.json and scorer.py, which need only Python and numpy.

    Its first 6 digits are enough. Without VERSION it is the champion, or the current version if
    there is no champion yet.
    """
    # pyarrow takes long to import
    from emr_ml.export.model_file import exported_files

    with configured_lake(pipeline) as lake:
        chosen = full_version(lake, MODEL, version) if version else _default(lake)
        folder = output or Path(f"model-{short(chosen)}")
        files = exported_files(lake, chosen)
        _write(folder, files)
    size = sum(map(len, files.values()))
    click.echo(f"{MODEL} {chosen} is in {folder}, {size:,} bytes")
    click.echo(f"score a CSV file with `python {folder / 'scorer.py'} FILE`")


def _default(lake: Lake) -> str:
    """Return the version of the champion, or else the current one.

    Raises:
        JobError: there is neither.
    """
    if champion := read_champion(lake):
        return champion.version
    if current := read_current(lake, MODEL):
        return current.version
    raise JobError(f"there is no model in {lake.root}: materialize {MODEL} first")


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write the files into a folder, each as a whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, body in files.items():
        part = folder / f".{name}.part"
        part.write_bytes(body)
        part.replace(folder / name)
