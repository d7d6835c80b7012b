"""All that is known of one version."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import dagster as dg

from emr_ml.champions.compatibility import requested_contract
from emr_ml.history.events import VersionEvents, read_events
from emr_ml.history.lineage import Node, Place, read_lineage
from emr_ml.history.state import VersionState, read_state
from emr_ml.lake.code_record import modules_of
from spark_jobs.runtime.report import Report


@dataclass(frozen=True)
class VersionFacts:
    """What the lake and Dagster's history know of a version.

    Args:
        place: of its asset.
        version: its digits.
        state: what became of it.
        report: of its committed attempt, or None.
        lineage: what it was computed from; None if it is not committed.
        contract: the fields of the contract that its job was given; None if there are none.
        modules: the SHA-256 of each module of its job, by name; None if they are not known.
        files: number of its data files, and their size in bytes.
        events: what Dagster's history has of it; None if there is no history.
    """

    place: Place
    version: str
    state: VersionState
    report: Report | None = None
    lineage: Node | None = None
    contract: Mapping[str, Any] | None = None
    modules: Mapping[str, str] | None = None
    files: tuple[int, int] = (0, 0)
    events: VersionEvents | None = field(default=None)

    def as_json(self) -> dict[str, Any]:
        """Return JSON values."""
        return {
            "asset": self.place.key,
            "version": self.version,
            "state": self.state.words,
            "details": self.state.details,
            "ran_on": dict(self.state.ran),
            "files": {"count": self.files[0], "bytes": self.files[1]},
            "lineage": self.lineage.as_json() if self.lineage else None,
            "contract": self.contract,
            "modules": self.modules,
            "history": asdict(self.events) if self.events else None,
            "report": asdict(self.report) if self.report else None,
        }


def describe_version(
    place: Place, version: str, instance: dg.DagsterInstance | None
) -> VersionFacts:
    """Return what is known of a version.

    Args:
        place: of its asset.
        version: all its digits.
        instance: has Dagster's history, if there is one.

    Raises:
        JobError: a file of the lake is damaged.
    """
    report = place.report(version)
    state = read_state(place, version, report)
    if report is None:
        return VersionFacts(place, version, state)
    return VersionFacts(
        place,
        version,
        state,
        report,
        read_lineage(place, version),
        requested_contract(place.lake, report),
        modules_of(place.lake, report),
        data_size(place, report),
        read_events(instance, place.key, version) if instance else None,
    )


def data_size(place: Place, report: Report) -> tuple[int, int]:
    """Return the number of data files of a version, with those of its parts, and their bytes."""
    sizes = [*(int(file["size"]) for file in report.files), *_part_sizes(place, report)]
    return len(sizes), sum(sizes)


def _part_sizes(place: Place, report: Report) -> Iterator[int]:
    for part in report.parts:
        for entry in place.lake.list(f"{part['key']}/"):
            yield entry.size
