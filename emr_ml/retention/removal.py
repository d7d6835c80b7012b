"""Removes what may go, unless somebody has picked it meanwhile."""

from collections.abc import Callable, Iterator, Sequence

from emr_ml.lake.usage import USED
from emr_ml.retention.policy import Removal, made_of, parts_of
from emr_ml.retention.survey import Folder, Survey, commit_of
from spark_jobs.runtime.lake import Lake


def remove_all(
    lake: Lake, found: Survey, wanted: Sequence[Removal], is_root: Callable[[str], bool]
) -> Iterator[Removal]:
    """Remove these, and yield each that is gone.

    A version goes before what it was made of. If it has been picked meanwhile it stays, and so do
    its inputs and the parts that these take.

    Args:
        lake: where they are.
        found: the survey that they come from.
        wanted: what to remove.
        is_root: whether a version is kept for its own sake by now.
    """
    spared: set[str] = set()
    versions = [each for each in wanted if each.what == "version"]
    for each in sorted(versions, key=lambda each: -len(made_of(found, {each.key}))):
        if each.key not in spared and _remove(lake, each.folder, is_root):
            yield each
        else:
            spared |= made_of(found, {each.key})
    taken = parts_of(found, spared)
    homes = {key.rpartition("/")[0] for key in taken}
    for each in wanted:
        if each.what == "attempt" and each.key not in taken:
            _remove_data(lake, each.folder, [each.key])
            yield each
        elif each.what == "part" and each.key not in homes and _remove(lake, each.folder, is_root):
            yield each


def _remove(lake: Lake, folder: Folder, is_root: Callable[[str], bool]) -> bool:
    """Remove a version or a part; whether that was done.

    Its commit goes first, so that nobody picks it any more. If it was picked before, the commit
    comes back and all stays as it was. Only what the survey saw is removed: what a new attempt
    writes meanwhile is not touched.
    """
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
