"""A snapshot of a source: its files, what identifies their content, and their columns."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from emr_ml.contract import Contract
from emr_ml.sources.header import Head, read_head
from emr_ml.sources.header_fit import body_problem, header_problems
from emr_ml.sources.listing import ListedFile, SourceError, list_source, readable
from spark_jobs.runtime.content import content_of
from spark_jobs.runtime.job import SourceFile
from spark_jobs.runtime.lake import Lake


@dataclass(frozen=True)
class Snapshot:
    """The files of a source, by name, and why others were skipped, by the name of each."""

    files: list[SourceFile]
    skipped: dict[str, str]


def take_snapshot(source: str, lake: Lake, asset: str, contract: Contract) -> Snapshot:
    """List the files of a source.

    Local files are uploaded to a lake in S3, once for each content. Objects in S3 are referenced
    where they are. With `on_bad_file: skip`, files that do not fit the contract are left out,
    unless none fits.

    Raises:
        SourceError: there are no files, or they can't be read.
    """
    skipped: dict[str, str] = {}
    bodies: dict[str, str] = {}
    found = _read_files(source, contract, skipped, bodies)
    if contract.on_bad_file == "skip":
        found = _fitting(list(found), contract, bodies, skipped)
    files = list(_reachable_by_jobs(lake, asset, found))
    if not files:
        reasons = f": {'; '.join(skipped.values())}" if skipped else ""
        raise SourceError(
            f"there is no file in {source}{reasons}: add files, or set another source"
        )
    return Snapshot(files, skipped)


def _read_files(
    source: str, contract: Contract, skipped: dict[str, str], bodies: dict[str, str]
) -> Iterator[tuple[SourceFile, Path | None]]:
    """Yield each file with its header, and its path if it is local.

    Add why files can't be read to `skipped`, and why no row of them fits to `bodies`.
    """
    with readable(source):
        for entry in list_source(source):
            try:
                head = _head(entry, contract)
            except SourceError as error:
                if contract.on_bad_file == "stop":
                    raise
                skipped[entry.name] = str(error)
                continue
            if contract.on_bad_file == "skip" and (
                problem := body_problem(entry.name, head, contract)
            ):
                bodies[entry.name] = problem
            columns = contract.match_names(head.columns)
            content = content_of(entry.path) if entry.path else f"etag:{entry.stamp}"
            yield SourceFile(entry.name, entry.uri, entry.size, content, columns), entry.path


def _head(entry: ListedFile, contract: Contract) -> Head:
    if not contract.columns:  # without a contract, only the job knows what its files contain
        return Head(())
    return read_head(entry.read, entry.size, entry.uri, contract)


def _fitting(
    files: list[tuple[SourceFile, Path | None]],
    contract: Contract,
    bodies: dict[str, str],
    skipped: dict[str, str],
) -> Iterator[tuple[SourceFile, Path | None]]:
    """Yield the files that fit the contract, or all if none does."""
    problems = {
        file.name: [
            *header_problems(file.name, file.size, file.columns, contract),
            *filter(None, [bodies.get(file.name)]),
        ]
        for file, _ in files
    }
    if all(problems.values()):
        yield from files  # the check of the headers tells what is wrong
        return
    for file, path in files:
        if problem := problems[file.name]:
            skipped[file.name] = problem[0]
        else:
            yield file, path


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
