"""A snapshot of a source: its files, what identifies their content, and their columns."""

from collections.abc import Iterator
from pathlib import Path

from emr_ml.contract import Contract
from emr_ml.sources.header import read_columns
from emr_ml.sources.listing import SourceError, list_source, readable
from spark_jobs.runtime.content import content_of
from spark_jobs.runtime.job import SourceFile
from spark_jobs.runtime.lake import Lake


def take_snapshot(source: str, lake: Lake, asset: str, contract: Contract) -> list[SourceFile]:
    """Return the files of a source, by name.

    Local files are uploaded to a lake in S3, once for each content. Objects in S3 are referenced
    where they are.

    Raises:
        SourceError: there are no files, or they can't be read.
    """
    files = list(_reachable_by_jobs(lake, asset, _read_files(source, contract)))
    if not files:
        raise SourceError(f"there is no file in {source}: add files, or set another source")
    return files


def _read_files(source: str, contract: Contract) -> Iterator[tuple[SourceFile, Path | None]]:
    """Yield each file with its header, and its path if it is local."""
    with readable(source):
        for entry in list_source(source):
            # a job without a contract knows itself what its files contain
            columns = (
                read_columns(entry.read, entry.size, entry.uri, contract)
                if contract.columns
                else ()
            )
            content = content_of(entry.path) if entry.path else f"etag:{entry.stamp}"
            yield SourceFile(entry.name, entry.uri, entry.size, content, columns), entry.path


def _reachable_by_jobs(
    lake: Lake, asset: str, files: Iterator[tuple[SourceFile, Path | None]]
) -> Iterator[SourceFile]:
    """Yield each file with an address that jobs can read, uploading it if needed."""
    for file, path in files:
        if path is None or not lake.root.startswith("s3://"):
            yield file
            continue
        # Spark recognizes compression by the end of the name
        suffix = "".join(Path(file.name).suffixes[-2:])
        key = f"{asset}/files/{file.content.removeprefix('sha256:')}{suffix}"
        lake.upload(path, key, file.content)
        yield SourceFile(file.name, lake.uri(key), file.size, file.content, file.columns)
