"""How the other files of a folder differ from the one that a contract is inferred from."""

import io
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice

from emr_ml.contract import Contract
from emr_ml.infer.header_rows import is_value
from emr_ml.sources.header import HEAD_BYTES, Head, read_head
from emr_ml.sources.listing import ListedFile, SourceError
from emr_ml.wording import join_first, quote_names
from spark_jobs.contract import Dialect
from spark_jobs.reading.csv_dialect import CsvSyntax
from spark_jobs.reading.csv_parser import MalformedRecordError, Record, parse
from spark_jobs.reading.file_records import is_below_rows, without_skipped
from spark_jobs.reading.source_bytes import is_compressed

MAX_FILES = 200  # whose headers are read
SHOWN = 5  # files, and columns
WORDS = ("categorical", "text")  # kinds of columns


@dataclass
class FolderDifferences:
    """What differs between the files of a folder.

    Args:
        compared: number of files that were looked at.
        lacking: names of the files without some column of the contract, and the columns.
        additional: columns that the contract does not name, and the number of files with each.
        reordered: names of the files with their columns in another order.
        has_other_case: names differ by case alone.
        unreadable: why files do not fit the dialect.
        skipping_rows: names of the files in which the dialect skips what looks like a row.
        with_totals: names of the files with more totals or remarks at the end than it skips.
    """

    compared: int = 0
    lacking: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    additional: Counter[str] = field(default_factory=Counter[str])
    reordered: list[str] = field(default_factory=list[str])
    has_other_case: bool = False
    unreadable: list[str] = field(default_factory=list[str])
    skipping_rows: list[str] = field(default_factory=list[str])
    with_totals: list[str] = field(default_factory=list[str])

    def notes(self) -> list[str]:
        """Return what a user should know, a sentence for each kind of difference."""
        notes: list[str] = []
        if self.lacking:
            shown = [f"{name} lacks {quote_names(lost)}" for name, lost in self.lacking.items()]
            notes.append(
                "These stop a run, unless `on_bad_file: skip` is set: "
                f"{join_first(shown, SHOWN, '; ')}"
            )
        if self.additional:
            shown = [f"'{name}' in {count}" for name, count in self.additional.most_common()]
            notes.append(f"Other files have further columns: {join_first(shown, SHOWN)}")
        if self.reordered:
            notes.append(
                f"In another order, which is no problem: {join_first(self.reordered, SHOWN)}"
            )
        if self.unreadable:
            notes.append(
                f"These do not fit the dialect: {join_first(self.unreadable, SHOWN, '; ')}"
            )
        if self.skipping_rows:
            notes.append(
                "These have rows where others have what the dialect skips below the header or at "
                f"the end; such rows are rejected: {join_first(self.skipping_rows, SHOWN)}"
            )
        if self.with_totals:
            notes.append(
                "These end in totals or remarks that the dialect does not skip, so they would be "
                f"rows: {join_first(self.with_totals, SHOWN)}"
            )
        return notes


def compare_files(
    names: tuple[str, ...], others: Iterable[ListedFile], contract: Contract
) -> FolderDifferences:
    """Compare other files with the names of the first one's columns, and with what it skips."""
    found = FolderDifferences()
    folded = {name.casefold(): name for name in names}
    for file in islice((each for each in others if each.size), MAX_FILES):
        found.compared += 1
        try:
            head = read_head(file.read, file.size, file.uri, contract)
        except SourceError as error:
            found.unreadable.append(str(error))
            continue
        columns = head.columns
        if contract.format == "csv":
            _compare_ends(file, head, contract, found)
        # as in the first file, if only the case differs
        known = tuple(folded.get(name.casefold(), name) for name in columns)
        found.has_other_case |= known != columns
        if lacking := [name for name in contract.names if name not in known]:
            found.lacking[file.name] = lacking
            continue
        found.additional.update(set(known) - set(names) - {""})
        if [name for name in known if name in names] != [*names]:
            found.reordered.append(file.name)
    return found


def _compare_ends(
    file: ListedFile, head: Head, contract: Contract, found: FolderDifferences
) -> None:
    """Add the file if the dialect skips rows of it, or too few records at its end."""
    records = _last_records(file, head, contract)
    names = head.columns
    skipped = [record.fields for record in records if record.is_skipped]
    if any(_has_typed_values(fields, names, contract) for fields in skipped):
        found.skipping_rows.append(file.name)
    rows = [record.fields for record in records if not record.is_skipped]
    if len(names) > 1 and rows and is_below_rows(rows[-1], len(names), ()):
        found.with_totals.append(file.name)


def _last_records(file: ListedFile, head: Head, contract: Contract) -> list[Record]:
    """Return the last records of a file, all of a small one; none if its bytes show no lines."""
    dialect = contract.dialect.for_jobs()
    text, encoding = head.text, dialect["encoding"]
    if is_compressed(file.name) or encoding.startswith(("utf-16", "utf-32")):
        return []
    if file.size > HEAD_BYTES:
        _, _, end = file.read(file.size - HEAD_BYTES, HEAD_BYTES).partition(b"\n")
        text = end.decode(encoding, errors="replace")
        without_head: Dialect = {
            **dialect,
            "header": [*head.columns],
            "skip_lines": 0,
            "skip_below_header": 0,
        }
        dialect = without_head
    try:
        return list(without_skipped(parse(io.StringIO(text, newline=""), dialect), dialect))
    except MalformedRecordError:
        return []  # for the job to tell


def _has_typed_values(fields: Sequence[str], names: Sequence[str], contract: Contract) -> bool:
    """Return whether the columns of numbers and dates have such values, or none."""
    syntax = CsvSyntax.of(contract.dialect.for_jobs())
    values = syntax.without_trailing([*fields], len(names))
    by_name = dict(zip(names, map(str.strip, values), strict=False))
    typed = [name for name, column in contract.columns.items() if column.kind not in WORDS]
    return len(values) == len(names) and all(
        (value := by_name.get(name, "")) in contract.missing or is_value(value) for name in typed
    )
