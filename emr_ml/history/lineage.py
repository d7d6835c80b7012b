"""From which versions a version was computed, down to the files of its snapshots."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from emr_ml.lake.champion import ASSET_OF_INPUT
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.report import Report, read_report


@dataclass(frozen=True)
class Place:
    """Where an asset's versions are in the lake.

    Args:
        base: the whole lake.
        folder: of the pipeline, such as `shop/churn`; "" for the lake itself.
        asset: its name.
    """

    base: Lake
    folder: str
    asset: str

    @classmethod
    def of(cls, base: Lake, key: str) -> "Place":
        """Return the place of an asset whose key is written with slashes."""
        folder, _, asset = key.strip("/").rpartition("/")
        return cls(base, folder, asset)

    @property
    def key(self) -> str:
        """The asset's key, with slashes, as Dagster shows it."""
        return f"{self.folder}/{self.asset}".strip("/")

    @property
    def lake(self) -> Lake:
        """The part of the lake that belongs to the asset's pipeline."""
        return self.base.below(self.folder) if self.folder else self.base

    def report(self, version: str) -> Report | None:
        """Return the committed report of a version, or None."""
        return read_report(self.lake, self.asset, version)

    def of_input(self, name: str) -> "Place":
        """Return the place of an input; with slashes, it is one of another pipeline."""
        return Place.of(self.base, f"{self.folder}/{ASSET_OF_INPUT.get(name, name)}")


@dataclass(frozen=True)
class Node:
    """A version with those that it was computed from; `report` is None if it is gone."""

    place: Place
    version: str
    report: Report | None
    inputs: tuple["Node", ...]

    @property
    def key(self) -> str:
        """The asset's key, with slashes."""
        return self.place.key

    def walk(self, depth: int = 0) -> Iterator[tuple[int, "Node"]]:
        """Yield this version and all below it with their depths, each version once."""
        seen: set[tuple[str, str]] = set()
        stack = [(depth, self)]
        while stack:
            level, node = stack.pop()
            if (node.key, node.version) not in seen:
                seen.add((node.key, node.version))
                yield level, node
                stack += [(level + 1, each) for each in reversed(node.inputs)]

    def as_json(self) -> dict[str, Any]:
        """Return JSON values; of a snapshot, with its source and how many files it has."""
        found: dict[str, Any] = {"asset": self.key, "version": self.version}
        if self.report is None:
            return {**found, "gone": True}
        if self.report.spark is None and "source" in self.report.figures:
            found |= {"source": self.report.figures["source"], "files": len(self.report.files)}
        return {**found, "inputs": [each.as_json() for each in self.inputs]}


def read_lineage(place: Place, version: str) -> Node:
    """Return a version with all that it was computed from; those removed since have no report."""
    known: dict[tuple[str, str], Node] = {}

    def read(place: Place, version: str) -> Node:
        found = known.get((place.key, version))
        if found is None:
            report = place.report(version)
            inputs = report.inputs.items() if report else ()
            below = tuple(read(place.of_input(name), each) for name, each in inputs)
            found = known[place.key, version] = Node(place, version, report, below)
        return found

    return read(place, version)
