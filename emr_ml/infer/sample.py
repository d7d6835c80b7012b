"""Some rows of a file, by column: bounded, however large the file is."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

MEGABYTE = 1 << 20
HEAD = 32 * MEGABYTE  # bytes that are read from the start on
CELLS = 1_200_000  # values that are kept of them
WINDOWS, WINDOW = 16, 512 * 1024  # further places in a large file, and bytes at each
WINDOW_CELLS = 25_000


@dataclass(frozen=True)
class Sample:
    """What was looked at.

    `columns` are the values of each name in the rows, without blanks around them. `whole` says
    that there are no other rows, `looked_at` what was read, in words. `unusable` are
    the columns whose type can't be learned from, and why.
    """

    names: tuple[str, ...]
    columns: Sequence[Sequence[str]]
    rows: int
    whole: bool
    looked_at: str
    unusable: dict[str, str]

    def column(self, name: str) -> Sequence[str]:
        return self.columns[self.names.index(name)]


def composed(names: Sequence[str]) -> tuple[str, ...]:
    """The names as a contract holds them: each accented letter is one character."""
    return tuple(unicodedata.normalize("NFC", name.strip()) for name in names)


def amount(size: int) -> str:
    """Bytes in words."""
    return f"{size / MEGABYTE:,.1f} MB" if size >= MEGABYTE / 10 else f"{size:,} bytes"
