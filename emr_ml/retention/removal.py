"""Removes what may go, unless somebody has picked it meanwhile."""

from collections.abc import Callable

from emr_ml.retention.judgement import Removal
from emr_ml.retention.survey import Folder, commit_of
from emr_ml.uses import USED
from spark_jobs.runtime.lake import Lake


def remove(lake: Lake, removal: Removal, is_root: Callable[[str], bool]) -> bool:
    """Remove it; whether that was done.

    A version's commit goes first, so that nobody picks it any more. If it was picked before, the
    commit comes back and all stays as it was. Only what the survey saw is removed: what a new
    attempt writes meanwhile is not touched.

    Args:
        lake: where it is.
        removal: what to remove.
        is_root: whether a folder is kept for its own sake by now.
    """
    folder = removal.folder
    if removal.what == "attempt":
        _remove_data(lake, folder, [removal.key])
        return True
    key = commit_of(folder)
    commit = lake.read(key)
    lake.remove(key)
    if _used_since(lake, folder) or is_root(folder.key):
        if commit:
            lake.create(key, commit.body)
        return False
    _remove_data(lake, folder, list(folder.attempts))
    return True


def _used_since(lake: Lake, folder: Folder) -> bool:
    used = next(iter(lake.list(f"{folder.key}/{USED}")), None)
    return used is not None and used.modified > folder.used


def _remove_data(lake: Lake, folder: Folder, places: list[str]) -> None:
    for place in places:
        for entry in folder.attempts[place]:
            lake.remove(entry.key)
