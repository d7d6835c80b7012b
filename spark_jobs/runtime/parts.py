"""Parts: the rows of some source files, written once for every version that contains the files."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

# the folders of a part: the rows that fit the contract, and the others with their reasons
KEPT, REJECTED = "kept", "rejected"


@dataclass(frozen=True)
class Part:
    """A part as one version uses it, and the body of `part.json`, where `excluded` is empty.

    `key` is the folder of its data in the lake, `files` the content of each of its files by name.
    `rows` and `figures` are of all its rows. The rows of the `excluded` files, which have since
    been rewritten or removed, are not part of the version; they are `without` in JSON.
    """

    key: str
    files: Mapping[str, str]
    rows: Mapping[str, int]
    figures: Mapping[str, Any]
    excluded: tuple[str, ...] = ()

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> Self:
        """Return the part that `as_json` wrote."""
        fields = {name: value[name] for name in value if name != "without"}
        return cls(**fields, excluded=tuple(value["without"]))

    def as_json(self) -> dict[str, Any]:
        fields = {name: value for name, value in vars(self).items() if name != "excluded"}
        return {**fields, "without": list(self.excluded)}

    def restricted_to(self, files: Mapping[str, str]) -> "Part":
        """Return the part with all files excluded that are not in `files`, by name and content."""
        gone = [name for name, content in self.files.items() if files.get(name) != content]
        return replace(self, excluded=tuple(sorted(gone)))

    @property
    def included(self) -> set[str]:
        """The names of the files whose rows belong to the version."""
        return self.files.keys() - set(self.excluded)


@dataclass(frozen=True)
class ManifestEntry:
    """A part in a version's manifest: the folder of its data, and the excluded files."""

    key: str
    excluded: tuple[str, ...] = ()

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> Self:
        """Return the entry that `as_json` wrote."""
        return cls(value["key"], tuple(value["without"]))

    def as_json(self) -> dict[str, Any]:
        return {"key": self.key, "without": list(self.excluded)}
