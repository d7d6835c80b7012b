"""A snapshot of a source: which files there are, what identifies their content, their columns."""

from collections.abc import Iterator
from pathlib import Path

from emr_ml.contract import Contract
from emr_ml.sources.header import read_columns
from emr_ml.sources.listing import SourceError, list_source, readable
from spark_jobs.runtime.content import content_of
from spark_jobs.runtime.job import SourceFile
from spark_jobs.runtime.lake import Lake


def take_snapshot(source: str, lake: Lake, asset: str, contract: Contract) -> list[SourceFile]:
    """The files of a source, by name.

    Files of this machine are uploaded to a lake in S3, once and by content. Objects in S3 are
    referenced where they are.

    Raises:
        SourceError: nothing is there, or it can't be read.
    """
    found = list(_kept_in(lake, asset, _described(source, contract)))
    if not found:
        raise SourceError(f"there is no file in {source}: put files there, or name another source")
    return found


def _described(source: str, contract: Contract) -> Iterator[tuple[SourceFile, Path | None]]:
    with readable(source):
        for entry in list_source(source):
            columns = read_columns(entry.read, entry.size, entry.uri, contract)
            content = content_of(entry.path) if entry.path else f"etag:{entry.stamp}"
            yield SourceFile(entry.name, entry.uri, entry.size, content, columns), entry.path


def _kept_in(
    lake: Lake, asset: str, files: Iterator[tuple[SourceFile, Path | None]]
) -> Iterator[SourceFile]:
    for file, path in files:
        if path is None or not lake.root.startswith("s3://"):
            yield file
            continue
        # Spark tells how a file is packed by its name's end
        suffix = "".join(Path(file.name).suffixes[-2:])
        key = f"{asset}/files/{file.content.removeprefix('sha256:')}{suffix}"
        lake.upload(path, key, file.content)
        yield SourceFile(file.name, lake.uri(key), file.size, file.content, file.columns)
