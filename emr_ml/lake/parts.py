"""Which committed parts a version reuses, and which files are still to be read."""

from collections.abc import Iterable, Sequence

from emr_ml.lake.usage import mark_used
from emr_ml.lake.versions import VersionSpec, digest
from spark_jobs.runtime.job import Input, SourceFile
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.parts import Part
from spark_jobs.runtime.report import PART, parts_key, read_parts

DIGITS = 16


def part_fingerprint(spec: VersionSpec) -> str:
    """Return 16 hex digits over all that determines the rows of a file, except the file."""
    other_inputs = {
        name: each.version for name, each in spec.inputs.items() if name != spec.incremental_input
    }
    return digest(
        {
            "code": spec.code,
            "contract": spec.contract,
            "params": spec.params,
            "inputs": other_inputs,
            "spark": spec.spark,
        }
    )[:DIGITS]


def parts_for(lake: Lake, spec: VersionSpec) -> tuple[list[Part], Input]:
    """Return the committed parts to reuse, and the snapshot with only the files to read.

    A forced attempt reuses none.
    """
    snapshot = spec.inputs[spec.incremental_input]
    committed = [] if spec.force else read_parts(lake, spec.asset, part_fingerprint(spec))
    parts = [part for part in choose(committed, snapshot.files) if _mark_if_present(lake, part)]
    reused = {name for part in parts for name in part.included}
    unread = tuple(file for file in snapshot.files if file.name not in reused)
    return parts, Input(snapshot.version, snapshot.path, unread)


def _mark_if_present(lake: Lake, part: Part) -> bool:
    """Mark the part as used, and return False if it is no longer in the lake."""
    folder = part.key.rpartition("/")[0]
    mark_used(lake, folder)
    # a clean-up may have removed it before the mark
    return lake.read(f"{folder}/{PART}") is not None


def choose(committed: Iterable[Part], files: Sequence[SourceFile]) -> list[Part]:
    """Choose parts that cover as many of the files as possible, each file by only one part.

    The choice is greedy: the part that covers most files first, among equals the one with the
    fewest other files.
    """
    wanted = {file.name: file.content for file in files}
    candidates = [part.restricted_to(wanted) for part in committed]
    candidates.sort(key=lambda part: (-len(part.included), len(part.excluded), part.key))
    chosen: list[Part] = []
    for part in candidates:
        usable = part.restricted_to({name: wanted[name] for name in part.included & wanted.keys()})
        if usable.included:
            chosen.append(usable)
            wanted = {name: wanted[name] for name in wanted.keys() - usable.included}
    return chosen


def new_part_key(spec: VersionSpec, files: Sequence[SourceFile], attempt: int) -> str:
    """Return the folder where an attempt writes the rows of these files; "" if there are none.

    The part is named after the files and after what determines their rows. Each attempt has its
    own folder in it, so that two attempts at one part do not write to the same files.
    """
    if not files:
        return ""
    files_digest = digest({file.name: file.content for file in files})[:DIGITS]
    folder = f"{parts_key(spec.asset, part_fingerprint(spec))}{files_digest}"
    return f"{folder}/{spec.version[:DIGITS]}-{attempt}"
