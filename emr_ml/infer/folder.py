"""How the other files of a folder differ from the one that a contract is inferred from."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice

from emr_ml.contract import Contract
from emr_ml.sources.header import read_columns
from emr_ml.sources.listing import ListedFile, SourceError
from emr_ml.ui.wording import join_first, quote_names

MAX_FILES = 200  # whose headers are read
SHOWN = 5  # files, and columns


@dataclass
class FolderDifferences:
    """What differs between the files of a folder.

    Args:
        compared: number of files whose headers were read.
        lacking: names of the files without some column of the contract, and the columns.
        additional: columns that the contract does not name, and the number of files with each.
        reordered: names of the files with their columns in another order.
        has_other_case: names differ by case alone.
        unreadable: why files do not fit the dialect.
    """

    compared: int = 0
    lacking: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    additional: Counter[str] = field(default_factory=Counter[str])
    reordered: list[str] = field(default_factory=list[str])
    has_other_case: bool = False
    unreadable: list[str] = field(default_factory=list[str])

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
        return notes


def compare_files(
    names: tuple[str, ...], others: Iterable[ListedFile], contract: Contract
) -> FolderDifferences:
    """Compare the headers of other files with the names of the first one's columns."""
    found = FolderDifferences()
    folded = {name.casefold(): name for name in names}
    for file in islice((each for each in others if each.size), MAX_FILES):
        found.compared += 1
        try:
            columns = read_columns(file.read, file.size, file.uri, contract)
        except SourceError as error:
            found.unreadable.append(str(error))
            continue
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
