"""What of a lake may go: what nobody refers to, and nobody has used for long."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from emr_ml.lake.champion import MODEL, Record
from emr_ml.lake.current import Current
from emr_ml.retention.survey import Folder, Survey
from spark_jobs.runtime.lake.base import Object

# the input of a comparison that is a version of another asset than its name says
NAMED_OTHERWISE = {"champion": MODEL}

What = Literal["version", "part", "attempt"]


@dataclass(frozen=True)
class Removal:
    """One thing to remove: its folder, its objects and their size in bytes, and why it may go."""

    what: What
    key: str
    objects: int
    size: int
    why: str
    folder: Folder


@dataclass(frozen=True)
class Roots:
    """What is kept for its own sake: current versions by asset, and champions."""

    current: dict[str, Current]
    champions: Record
    last_champions: int

    @property
    def keys(self) -> set[str]:
        standing = {f"{asset}/{current.version}" for asset, current in self.current.items()}
        line = self.champions.line[-self.last_champions :]
        return standing | {f"{MODEL}/{champion.version}" for champion in line}


def removals(found: Survey, roots: Roots, older_than: float) -> list[Removal]:
    """What may go, the largest first.

    Args:
        found: what there is.
        roots: what is kept, with all that it was made of.
        older_than: what was written or used after this, in seconds since 1970, is kept.
    """
    kept = made_of(found, roots.keys | _young(found, older_than))
    taken = {
        part["key"] for key in kept & found.reports.keys() for part in found.reports[key].parts
    }
    all_of_them = [*_versions(found, kept, older_than), *_parts(found, taken, older_than)]
    return sorted(all_of_them, key=lambda each: (-each.size, each.key))


def _young(found: Survey, older_than: float) -> set[str]:
    return {key for key, folder in found.versions.items() if folder.used >= older_than}


def made_of(found: Survey, keys: set[str]) -> set[str]:
    """The versions, and all that they were made of."""
    kept: set[str] = set()
    waiting = list(keys)
    while waiting:
        key = waiting.pop()
        if key in kept:
            continue
        kept.add(key)
        if report := found.reports.get(key):
            waiting += [f"{_asset(name)}/{each}" for name, each in report.inputs.items()]
    return kept


def parts_of(found: Survey, versions: set[str]) -> set[str]:
    """The folders of the parts that these versions take."""
    reports = (found.reports[key] for key in versions & found.reports.keys())
    return {part["key"] for report in reports for part in report.parts}


def _asset(name: str) -> str:
    return NAMED_OTHERWISE.get(name, name)


def _versions(found: Survey, kept: set[str], older_than: float) -> Iterator[Removal]:
    for key, folder in found.versions.items():
        report = found.reports.get(key)
        if key in kept:
            read = {f"{key}/attempts/{report.attempt}"} if report else folder.attempts.keys()
            yield from _attempts(folder, set(read), older_than)
        elif report or folder.attempts:
            why = "it is not current, no champion, and nothing that is kept was made of it"
            yield _removal("version", key, _all(folder), why, folder)


def _parts(found: Survey, taken: set[str], older_than: float) -> Iterator[Removal]:
    homes = {key.rpartition("/")[0] for key in taken}
    for key, folder in found.parts.items():
        committed = found.committed_parts.get(key)
        if key in homes or folder.used >= older_than:
            yield from _attempts(folder, taken | {committed or ""}, older_than)
        elif committed or folder.attempts:
            yield _removal("part", key, _all(folder), "no version that is kept takes it", folder)


def _attempts(folder: Folder, read: set[str], older_than: float) -> Iterator[Removal]:
    for place, objects in folder.attempts.items():
        if place not in read and max(each.modified for each in objects) < older_than:
            yield _removal("attempt", place, objects, "another attempt was committed", folder)


def _all(folder: Folder) -> list[Object]:
    return [each for objects in folder.attempts.values() for each in objects]


def _removal(what: What, key: str, objects: list[Object], why: str, folder: Folder) -> Removal:
    return Removal(what, key, len(objects), sum(entry.size for entry in objects), why, folder)
