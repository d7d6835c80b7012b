"""What may be removed from a lake: what is not reachable from a root, and was not used lately."""

from collections.abc import Iterator, Set
from dataclasses import dataclass
from typing import Literal

from emr_ml.lake.champion import ASSET_OF_INPUT, MODEL, ChampionRecord
from emr_ml.lake.current import Current
from emr_ml.retention.inventory import Folder, Inventory
from spark_jobs.runtime.lake.base import Object


@dataclass(frozen=True)
class Garbage:
    """A version, a part or an attempt that may be removed, its size in bytes, and the reason."""

    kind: Literal["version", "part", "attempt"]
    key: str
    objects: int
    size: int
    reason: str
    folder: Folder


@dataclass(frozen=True)
class Roots:
    """Versions that are kept in any case: the current ones by asset, and the last champions."""

    current: dict[str, Current]
    champions: ChampionRecord
    last_champions: int

    @property
    def keys(self) -> set[str]:
        current = {f"{asset}/{each.version}" for asset, each in self.current.items()}
        line = self.champions.line[-self.last_champions :]
        return current | {f"{MODEL}/{champion.version}" for champion in line}


def find_garbage(
    inventory: Inventory, roots: Roots, used_before: float, needed: Set[str] = frozenset()
) -> list[Garbage]:
    """Return what may be removed, the largest first.

    Args:
        inventory: what the lake holds.
        roots: what is kept, together with its inputs, their inputs and so on.
        used_before: what was written or used at this time or later, in seconds since 1970, is
            kept, too.
        needed: keys of versions that others need, and that are kept as roots are.
    """
    young = {key for key, folder in inventory.versions.items() if folder.last_used >= used_before}
    live = reachable(inventory, roots.keys | young | needed)
    garbage = [
        *_garbage_versions(inventory, live, used_before),
        *_garbage_parts(inventory, parts_of(inventory, live), used_before),
    ]
    return sorted(garbage, key=lambda each: (-each.size, each.key))


def reachable(inventory: Inventory, keys: Set[str]) -> set[str]:
    """Return the keys of these versions, and of all versions that they were computed from."""
    marked: set[str] = set()
    queue = list(keys)
    while queue:
        key = queue.pop()
        if key in marked:
            continue
        marked.add(key)
        if report := inventory.reports.get(key):
            queue += [
                f"{ASSET_OF_INPUT.get(name, name)}/{version}"
                for name, version in report.inputs.items()
            ]
    return marked


def parts_of(inventory: Inventory, versions: set[str]) -> set[str]:
    """Return the data keys of the parts that these versions consist of."""
    reports = (inventory.reports[key] for key in versions & inventory.reports.keys())
    return {part["key"] for report in reports for part in report.parts}


def _garbage_versions(
    inventory: Inventory, live: set[str], used_before: float
) -> Iterator[Garbage]:
    for key, folder in inventory.versions.items():
        report = inventory.reports.get(key)
        if key in live:
            in_use = {f"{key}/attempts/{report.attempt}"} if report else set(folder.attempts)
            yield from _garbage_attempts(folder, in_use, used_before)
        elif report or folder.attempts:
            reason = "it is neither current nor a champion, and no version that is kept needs it"
            yield _garbage("version", key, folder.objects, reason, folder)


def _garbage_parts(
    inventory: Inventory, live_data: set[str], used_before: float
) -> Iterator[Garbage]:
    live_folders = {key.rpartition("/")[0] for key in live_data}
    for key, folder in inventory.parts.items():
        committed = inventory.committed_parts.get(key)
        if key in live_folders or folder.last_used >= used_before:
            yield from _garbage_attempts(folder, live_data | {committed or ""}, used_before)
        elif committed or folder.attempts:
            reason = "no version that is kept contains it"
            yield _garbage("part", key, folder.objects, reason, folder)


def _garbage_attempts(folder: Folder, in_use: set[str], used_before: float) -> Iterator[Garbage]:
    for attempt, objects in folder.attempts.items():
        if attempt not in in_use and max(entry.modified for entry in objects) < used_before:
            yield _garbage("attempt", attempt, objects, "another attempt was committed", folder)


def _garbage(
    kind: Literal["version", "part", "attempt"],
    key: str,
    objects: list[Object],
    reason: str,
    folder: Folder,
) -> Garbage:
    size = sum(entry.size for entry in objects)
    return Garbage(kind, key, len(objects), size, reason, folder)
