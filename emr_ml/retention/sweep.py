"""Removes garbage, unless it was used after the inventory was taken."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from emr_ml.lake.usage import USED
from emr_ml.retention.garbage import Garbage, parts_of, reachable
from emr_ml.retention.inventory import Folder, Inventory
from spark_jobs.runtime.lake import Lake


def sweep(
    lake: Lake, inventory: Inventory, garbage: Sequence[Garbage], is_root: Callable[[str], bool]
) -> Iterator[Garbage]:
    """Remove the garbage, and yield each item that was removed.

    A version is removed before the versions it was computed from. If it has been used since the
    inventory, it stays with all of them and their parts.

    Args:
        lake: to remove from.
        inventory: in which the garbage was found.
        garbage: what to remove.
        is_root: returns True if the version with that key is a root by now.
    """
    spared: set[str] = set()
    versions = [each for each in garbage if each.kind == "version"]
    for each in sorted(versions, key=lambda each: -len(reachable(inventory, {each.key}))):
        if each.key not in spared and _remove(lake, each.folder, is_root):
            yield each
        else:
            spared |= reachable(inventory, {each.key})
    spared_data = parts_of(inventory, spared)
    spared_parts = {key.rpartition("/")[0] for key in spared_data}
    for each in garbage:
        if each.kind == "attempt" and each.key not in spared_data:
            _remove_data(lake, each.folder, [each.key])
            yield each
        elif (
            each.kind == "part"
            and each.key not in spared_parts
            and _remove(lake, each.folder, is_root)
        ):
            yield each


def _remove(lake: Lake, folder: Folder, is_root: Callable[[str], bool]) -> bool:
    """Remove a version or a part; return False if it is in use, and stays.

    Its commit is removed first, so that nobody starts to use it, and is restored if it is in use.
    Only objects of the inventory are removed, so that data of a new attempt stays.
    """
    commit = lake.read(folder.commit_key)
    lake.remove(folder.commit_key)
    if _was_used_since(lake, folder) or is_root(folder.key):
        if commit:
            lake.create(folder.commit_key, commit.body)
        return False
    _remove_data(lake, folder, folder.attempts)
    return True


def _was_used_since(lake: Lake, folder: Folder) -> bool:
    mark = next(iter(lake.list(f"{folder.key}/{USED}")), None)
    return mark is not None and mark.modified > folder.last_used


def _remove_data(lake: Lake, folder: Folder, attempts: Iterable[str]) -> None:
    for attempt in attempts:
        for entry in folder.attempts[attempt]:
            lake.remove(entry.key)
