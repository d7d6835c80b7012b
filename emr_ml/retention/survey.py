"""What a lake holds: versions, parts, and what attempts have left behind."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.lake.base import Object
from spark_jobs.runtime.report import PART, Report, read_part, read_report

VERSION = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Folder:
    """A version, or a part: its commit, what it takes, and when it was last written or used.

    `attempts` are the objects of its data, by the folder that an attempt wrote them to. Times are
    seconds since 1970.
    """

    key: str
    used: float
    attempts: dict[str, list[Object]] = field(default_factory=dict[str, list[Object]])

    @property
    def asset(self) -> str:
        return self.key.partition("/")[0]

    @property
    def version(self) -> str:
        return self.key.rpartition("/")[2]


@dataclass(frozen=True)
class Survey:
    """All folders by key, and what is committed: reports of versions, keys of parts' data."""

    versions: dict[str, Folder]
    parts: dict[str, Folder]
    reports: dict[str, Report]
    committed_parts: dict[str, str]


def survey(lake: Lake, assets: Sequence[str]) -> Survey:
    """What the lake holds of these assets."""
    versions: dict[str, Folder] = {}
    parts: dict[str, Folder] = {}
    reports: dict[str, Report] = {}
    committed_parts: dict[str, str] = {}
    for asset in assets:
        for folder in _folders(lake.list(f"{asset}/"), asset):
            if folder.key.startswith(f"{asset}/parts/"):
                parts[folder.key] = folder
                if stored := lake.read(commit_of(folder)):
                    committed_parts[folder.key] = read_part(stored, commit_of(folder)).key
                continue
            versions[folder.key] = folder
            if committed := read_report(lake, asset, folder.version):
                reports[folder.key] = committed.report
    return Survey(versions, parts, reports, committed_parts)


def _folders(objects: Iterable[Object], asset: str) -> Iterator[Folder]:
    for key, group in groupby(objects, lambda entry: _home(entry.key, asset)):
        if key is None:
            continue
        found = list(group)
        folder = Folder(key, max(entry.modified for entry in found))
        depth = 1 if "/parts/" in key else 2  # `<part>/<attempt>`, `<version>/attempts/<n>`
        for entry in found:
            inner = entry.key.removeprefix(f"{key}/").split("/")
            if len(inner) > depth:
                place = "/".join([key, *inner[:depth]])
                folder.attempts.setdefault(place, []).append(entry)
        yield folder


def _home(key: str, asset: str) -> str | None:
    first, *rest = key.removeprefix(f"{asset}/").split("/")
    if VERSION.fullmatch(first) and rest:
        return f"{asset}/{first}"
    if first == "parts" and len(rest) > 1:
        return f"{asset}/parts/{rest[0]}"
    return None


def commit_of(folder: Folder) -> str:
    """The key of what makes a folder's data count."""
    return f"{folder.key}/{PART if '/parts/' in folder.key else 'report.json'}"
