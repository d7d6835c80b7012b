"""What a lake holds: versions, parts, and data that attempts have left."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from emr_ml.lake.versions import VERSION
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.lake.base import Object
from spark_jobs.runtime.report import PART, Report, read_part, read_report


@dataclass(frozen=True)
class Folder:
    """The folder of a version or a part.

    Args:
        key: of the folder.
        last_used: when it was last written or marked as used, in seconds since 1970.
        attempts: the objects of its data, by the folder of the attempt that wrote them.
    """

    key: str
    last_used: float
    attempts: dict[str, list[Object]] = field(default_factory=dict[str, list[Object]])

    @property
    def is_part(self) -> bool:
        return "/parts/" in self.key

    @property
    def version(self) -> str:
        return self.key.rpartition("/")[2]

    @property
    def commit_key(self) -> str:
        """The key of the commit, without which the data does not count."""
        return f"{self.key}/{PART if self.is_part else 'report.json'}"

    @property
    def objects(self) -> list[Object]:
        return [entry for objects in self.attempts.values() for entry in objects]


@dataclass(frozen=True)
class Inventory:
    """All folders by key, reports of committed versions, and data keys of committed parts."""

    versions: dict[str, Folder]
    parts: dict[str, Folder]
    reports: dict[str, Report]
    committed_parts: dict[str, str]


def take_inventory(lake: Lake, assets: Sequence[str]) -> Inventory:
    """List what the lake holds of these assets."""
    inventory = Inventory({}, {}, {}, {})
    for asset in assets:
        for folder in _folders(lake.list(f"{asset}/"), asset):
            if folder.is_part:
                inventory.parts[folder.key] = folder
                if stored := lake.read(folder.commit_key):
                    part = read_part(stored, folder.commit_key)
                    inventory.committed_parts[folder.key] = part.key
            else:
                inventory.versions[folder.key] = folder
                if report := read_report(lake, asset, folder.version):
                    inventory.reports[folder.key] = report
    return inventory


def _folders(objects: Iterable[Object], asset: str) -> Iterator[Folder]:
    """Group objects, in order of key, by the version or part that they belong to."""
    for key, group in groupby(objects, lambda entry: _folder_key(entry.key, asset)):
        if key is None:
            continue
        entries = list(group)
        folder = Folder(key, max(entry.modified for entry in entries))
        depth = 1 if folder.is_part else 2  # `<part>/<attempt>`, `<version>/attempts/<n>`
        for entry in entries:
            names = entry.key.removeprefix(f"{key}/").split("/")
            if len(names) > depth:
                attempt = "/".join([key, *names[:depth]])
                folder.attempts.setdefault(attempt, []).append(entry)
        yield folder


def _folder_key(key: str, asset: str) -> str | None:
    """Return the key of the version or part that an object belongs to, or None."""
    first, *rest = key.removeprefix(f"{asset}/").split("/")
    if VERSION.fullmatch(first) and rest:
        return f"{asset}/{first}"
    if first == "parts" and len(rest) > 1:
        return f"{asset}/parts/{rest[0]}"
    return None
