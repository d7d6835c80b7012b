"""A snapshot of a source: its files, what identifies their content, and their columns."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from emr_ml.contract import Contract
from emr_ml.sources.header import Head, read_head
from emr_ml.sources.header_fit import body_problem, header_problems
from emr_ml.sources.listing import ListedFile, SourceError, list_source, readable
from spark_jobs.runtime.content import content_of
from spark_jobs.runtime.job import SourceFile
from spark_jobs.runtime.lake import Lake

T = TypeVar("T")


@dataclass(frozen=True)
class Snapshot:
    """The files of a source, by name, and why others were skipped, by the name of each."""

    files: list[SourceFile]
    skipped: dict[str, str]


def take_snapshot(
    source: str,
    lake: Lake,
    asset: str,
    contract: Contract,
    note: Callable[[str], None] = lambda _: None,
) -> Snapshot:
    """List the files of a source.

    Local files are uploaded to a lake in S3, once for each content. Objects in S3 are referenced
    where they are. With `on_bad_file: skip`, files that do not fit the contract are left out,
    unless none fits.

    Args:
        source: file, folder or `s3://` prefix.
        lake: where local files are uploaded to if it is in S3.
        asset: the snapshot, in whose folder they are.
        contract: says how the files are read.
        note: is told what is done, and what is left.

    Raises:
        SourceError: there are no files, or they can't be read.
    """
    note(f"listing {source}")
    with readable(source):
        found = [
            _read_file(entry, contract)
            for entry in _noted([*list_source(source)], lambda each: each.size, "read", note)
        ]
    if contract.on_bad_file == "skip":
        found = _without_bad(found, contract)
    uploads = _noted(found, lambda each: each.file.size if each.file else 0, "stored", note)
    files = list(_reachable_by_jobs(lake, asset, uploads))
    skipped = {each.name: each.problem for each in found if each.file is None}
    if not files:
        reasons = f": {'; '.join(skipped.values())}" if skipped else ""
        raise SourceError(
            f"there is no file in {source}{reasons}: add files, or set another source"
        )
    return Snapshot(files, skipped)


def _noted(
    entries: Sequence[T], size: Callable[[T], int], done: str, note: Callable[[str], None]
) -> Iterator[T]:
    """Yield the entries, and note before each how much of them is done."""
    total, past = sum(map(size, entries)), 0
    for number, entry in enumerate(entries):
        note(f"{number:,} of {len(entries):,} files {done}, {past:,} of {total:,} bytes")
        yield entry
        past += size(entry)


@dataclass(frozen=True)
class _Found:
    """A file of the source.

    Args:
        name: of the file.
        file: with its header; None if it is skipped.
        path: if it is local.
        problem: why it is skipped, or why none of its rows fits; else "".
    """

    name: str
    file: SourceFile | None
    path: Path | None = None
    problem: str = ""


def _read_file(entry: ListedFile, contract: Contract) -> _Found:
    skips = contract.on_bad_file == "skip"
    try:
        head = _head(entry, contract)
    except SourceError as error:
        if not skips:
            raise
        return _Found(entry.name, None, problem=str(error))
    problem = body_problem(entry.name, head, contract) if skips else None
    columns = contract.match_names(head.columns)
    content = content_of(entry.path) if entry.path else f"etag:{entry.stamp}"
    file = SourceFile(entry.name, entry.uri, entry.size, content, columns)
    return _Found(entry.name, file, entry.path, problem or "")


def _head(entry: ListedFile, contract: Contract) -> Head:
    if not contract.columns:  # without a contract, only the job knows what its files contain
        return Head(())
    return read_head(entry.read, entry.size, entry.uri, contract)


def _without_bad(found: list[_Found], contract: Contract) -> list[_Found]:
    """Return the files with those skipped that do not fit the contract, unless none fits."""
    judged = [each if each.file is None else _judged(each, each.file, contract) for each in found]
    if all(each.file is None for each in judged):
        return found  # the check of the headers tells what is wrong
    return judged


def _judged(found: _Found, file: SourceFile, contract: Contract) -> _Found:
    of_header = header_problems(file.name, file.size, file.columns, contract)
    problem = next(iter(of_header), found.problem)
    return replace(found, file=None, problem=problem) if problem else found


def _reachable_by_jobs(lake: Lake, asset: str, found: Iterable[_Found]) -> Iterator[SourceFile]:
    """Yield each file with an address that jobs can read, uploading it if needed."""
    for each in found:
        file, path = each.file, each.path
        if file is None:
            continue
        if path is None or not lake.root.startswith("s3://"):
            yield file
            continue
        # Spark recognizes compression by the end of the name
        suffix = "".join(Path(file.name).suffixes[-2:])
        key = f"{asset}/files/{file.content.removeprefix('sha256:')}{suffix}"
        lake.upload(path, key, file.content)
        yield SourceFile(file.name, lake.uri(key), file.size, file.content, file.columns)
