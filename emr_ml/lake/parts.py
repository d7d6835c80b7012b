"""Which parts of a data set are there already, and which files are still to be read."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from emr_ml.lake.usage import mark_used
from emr_ml.lake.versions import digest
from spark_jobs.runtime.job import Input, SourceFile
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.parts import Part
from spark_jobs.runtime.report import PART, parts_key, read_parts

if TYPE_CHECKING:
    from emr_ml.lake.versions import VersionSpec

SHOWN_DIGITS = 16


def recipe_of(work: "VersionSpec") -> str:
    """All that determines the rows of a file, as 16 hex digits."""
    others = {name: given.version for name, given in work.inputs.items() if name != work.batches}
    return digest(
        {
            "code": work.code,
            "contract": work.contract,
            "params": work.params,
            "inputs": others,
            "spark": work.spark,
        }
    )[:SHOWN_DIGITS]


def parts_for(lake: Lake, work: "VersionSpec") -> tuple[list[Part], Input]:
    """The committed parts to take, and the snapshot with the files that none of them has.

    A forced attempt takes none.
    """
    given = work.inputs[work.batches]
    committed = [] if work.force else read_parts(lake, work.asset, recipe_of(work))
    parts = [part for part in choose(committed, given.files) if _still_there(lake, part)]
    taken = {name for part in parts for name in part.included}
    left = tuple(file for file in given.files if file.name not in taken)
    return parts, Input(given.version, given.path, left)


def _still_there(lake: Lake, part: Part) -> bool:
    home = part.key.rpartition("/")[0]
    mark_used(lake, home)
    # whoever cleans the lake may have been faster
    return lake.read(f"{home}/{PART}") is not None


def choose(committed: Iterable[Part], files: Sequence[SourceFile]) -> list[Part]:
    """Parts that have as many of the files as possible, each file in one of them alone.

    Those with the most files of use come first, and among equals the ones that hold least else.
    """
    wanted = {file.name: file.content for file in files}
    found = [part.restricted_to(wanted) for part in committed]
    found.sort(key=lambda part: (-len(part.included), len(part.excluded), part.key))
    chosen: list[Part] = []
    for part in found:
        left = part.restricted_to({name: wanted[name] for name in part.included & wanted.keys()})
        if left.included:
            chosen.append(left)
            wanted = {name: wanted[name] for name in wanted.keys() - left.included}
    return chosen


def new_part_key(work: "VersionSpec", files: Sequence[SourceFile], attempt: int) -> str:
    """Where an attempt writes the rows of these files; "" if there are none.

    The part is named by the files and by what determines their rows; an attempt has a folder of
    its own in it, so that two that write one part at once do not meet.
    """
    if not files:
        return ""
    named = digest({file.name: file.content for file in files})[:SHOWN_DIGITS]
    home = f"{parts_key(work.asset, recipe_of(work))}{named}"
    return f"{home}/{work.version[:SHOWN_DIGITS]}-{attempt}"
