"""Parts: what a job wrote of some files of a source, once, for every version that has the files."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

# the folders of a part: the rows that fit the contract, and the others with their reasons
KEPT, REJECTED = "kept", "rejected"


@dataclass(frozen=True)
class Part:
    """A part, as far as a version takes it: the body of `part.json`, where `without` is empty.

    `key` is the folder of its data in the lake, `files` the content of each of its files by name.
    `rows` and `figures` are of all its rows; those of the files in `without`, which were
    rewritten or removed since, are not taken.
    """

    key: str
    files: Mapping[str, str]
    rows: Mapping[str, int]
    figures: Mapping[str, Any]
    without: tuple[str, ...] = ()

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> Self:
        """The part that `as_json` wrote."""
        parts: dict[str, Any] = {**value, "without": tuple(value["without"])}
        return cls(**parts)

    def taken_for(self, files: Mapping[str, str]) -> "Part":
        """The part without the files that are not among these, by name and content."""
        gone = [name for name, content in self.files.items() if files.get(name) != content]
        return replace(self, without=tuple(sorted(gone)))

    @property
    def taken(self) -> set[str]:
        """The names of the files whose rows are taken."""
        return self.files.keys() - set(self.without)


@dataclass(frozen=True)
class Taken:
    """A part in a version's manifest: the folder of its data, and the files that are not taken."""

    key: str
    without: tuple[str, ...] = ()

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> Self:
        """The entry of a report."""
        return cls(value["key"], tuple(value["without"]))
