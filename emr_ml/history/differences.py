"""What differs between two versions of an asset, and between those that they were made from."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from emr_ml.champions.compatibility import requested_contract
from emr_ml.history.lineage import Place
from emr_ml.lake.code_record import modules_of
from spark_jobs.runtime.report import Report

ABSENT = "(none)"  # stands for a value that one of the two does not have


@dataclass(frozen=True)
class Change:
    """A value that differs: its path, such as `columns.age.kind`, and both values."""

    path: str
    first: Any
    second: Any


@dataclass(frozen=True)
class Names:
    """Names that only one of the two has, and those that differ: of modules or of files."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()

    @classmethod
    def between(cls, first: Mapping[str, str], second: Mapping[str, str]) -> "Names":
        """Return how two tables differ that have a digest by name."""
        both = first.keys() & second.keys()
        return cls(
            tuple(sorted(second.keys() - both)),
            tuple(sorted(first.keys() - both)),
            tuple(sorted(name for name in both if first[name] != second[name])),
        )

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


@dataclass(frozen=True)
class Difference:
    """What differs between two versions of one asset.

    Args:
        key: of the asset, with slashes.
        first, second: the versions.
        code: modules that differ; None if the code does, but its modules are not known.
        contract: fields that differ; None if it is not known, because a request is gone.
        params: parameters that differ.
        spark: the releases of Spark, if they differ.
        inputs: the versions of each input that differs, by its name.
        files: of a snapshot that differ.
        rows: counts of rows that differ.
        below: what differs between the inputs that are still in the lake.
    """

    key: str
    first: str
    second: str
    code: Names | None
    contract: tuple[Change, ...] | None
    params: tuple[Change, ...]
    spark: Change | None
    inputs: tuple[Change, ...]
    files: Names
    rows: tuple[Change, ...]
    below: tuple["Difference", ...] = ()

    def walk(self) -> Iterator["Difference"]:
        """Yield this and all below, each pair of versions once, the nearest first."""
        seen: set[tuple[str, str, str]] = set()
        queue: list[Difference] = [self]
        while queue:
            each = queue.pop(0)
            name = (each.key, each.first, each.second)
            if name not in seen:
                seen.add(name)
                yield each
                queue += each.below


def find_difference(place: Place, first: Report, second: Report) -> Difference:
    """Return what differs between two committed versions of an asset.

    Raises:
        JobError: a file of the lake is damaged.
    """
    inputs = tuple(changes(first.inputs, second.inputs))
    return Difference(
        place.key,
        first.version,
        second.version,
        _code(place, first, second),
        _contract(place, first, second),
        tuple(changes(first.params, second.params)),
        None if first.spark == second.spark else Change("spark", first.spark, second.spark),
        inputs,
        Names.between(_contents(first), _contents(second)),
        tuple(changes(first.rows, second.rows)),
        tuple(_below(place, inputs)),
    )


def changes(
    first: Mapping[str, Any], second: Mapping[str, Any], path: str = ""
) -> Iterator[Change]:
    """Yield the values that differ between two nested tables, each by its path."""
    for name in _names(first, second):
        inner = f"{path}.{name}" if path else name
        one, other = first.get(name, ABSENT), second.get(name, ABSENT)
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            yield from changes(one, other, inner)
        elif one != other:
            yield Change(inner, one, other)


def _names(first: Iterable[str], second: Iterable[str]) -> list[str]:
    return list(dict.fromkeys([*first, *second]))


def _code(place: Place, first: Report, second: Report) -> Names | None:
    if first.code == second.code:
        return Names()
    modules = [modules_of(place.lake, each) for each in (first, second)]
    if modules[0] is None or modules[1] is None:
        return None
    return Names.between(modules[0], modules[1])


def _contract(place: Place, first: Report, second: Report) -> tuple[Change, ...] | None:
    if first.spark is None:  # a snapshot: its job is not one of Spark, and has no request
        return ()
    contracts = [requested_contract(place.lake, each) for each in (first, second)]
    if contracts[0] is None or contracts[1] is None:
        return None
    return tuple(changes(contracts[0], contracts[1]))


def _contents(report: Report) -> dict[str, str]:
    """Return what identifies the content of each file of a snapshot."""
    return {str(file["name"]): str(file["content"]) for file in report.files if "content" in file}


def _below(place: Place, inputs: Iterable[Change]) -> Iterator[Difference]:
    for each in inputs:
        if ABSENT in (each.first, each.second):
            continue
        below = place.of_input(each.path)
        reports = below.report(each.first), below.report(each.second)
        if reports[0] and reports[1]:
            yield find_difference(below, reports[0], reports[1])
