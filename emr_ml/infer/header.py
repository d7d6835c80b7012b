"""Whether a file's first record names its columns."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from emr_ml.infer.values import ALWAYS_MISSING, DATE, is_number

MOSTLY = 0.9


@dataclass(frozen=True)
class Header:
    """Whether there is one, and why it is thought so."""

    found: bool
    reason: str


def find_header(first: Sequence[str], rows: Sequence[Sequence[str]]) -> Header:
    """Judge the first record by the ones that follow, of which at least one is needed to doubt it.

    A column of numbers whose first field is none votes for a header, one whose first field is a
    number like the others against it, as does a field that stands below, too.
    """
    if not rows:
        return Header(True, "there is but one record")
    if _counts_up(first):
        return Header(True, "the first record counts the columns")
    names = data = 0
    for index, field in enumerate(first):
        vote = _vote(field, [value for value in _below(rows, index) if value not in ALWAYS_MISSING])
        names += vote > 0
        data += vote < 0
    if names:
        return Header(True, "names stand over numbers or dates")
    if data:
        return Header(False, "the first record looks like the others")
    used = [field for index, field in enumerate(first) if any(map(str.strip, _below(rows, index)))]
    if len(set(used)) < len(used) or not all(used):
        return Header(False, "the first record has fields that are empty or stand twice")
    return Header(True, "the first record's fields differ from all below")


def _below(rows: Sequence[Sequence[str]], index: int) -> list[str]:
    return [row[index] for row in rows if len(row) > index]


def _vote(field: str, below: Sequence[str]) -> int:
    """1 for a name, -1 for a value like those below, 0 where it can't be told."""
    if not below:
        return 0
    for alike in (_numeric, _dated):
        if sum(map(alike, below)) > MOSTLY * len(below):
            if not field or field in ALWAYS_MISSING:
                return 0
            return -1 if alike(field) else 1
    often = len(set(below)) <= len(below) / 2
    return -1 if often and field in below else 0


def _numeric(value: str) -> bool:
    return is_number(value) or is_number(value, ",")


def _dated(value: str) -> bool:
    return bool(DATE.fullmatch(value))


def _counts_up(fields: Sequence[str]) -> bool:
    """Most fields are integers that go up by one, as in 0, 1, 2 or 2019, 2020, 2021."""
    numbers = [int(field) for field in fields if field.isdecimal() and len(field) < 10]
    steps = sum(later == former + 1 for former, later in pairwise(numbers))
    return len(numbers) > 2 and len(numbers) >= len(fields) / 2 and steps == len(numbers) - 1
