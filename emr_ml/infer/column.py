"""One column of a sample, and what is guessed of it."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from emr_ml.infer.values import is_number

KEY_WORDS = {"id", "ids", "uuid", "guid", "key", "pk", "identifier", "no", "nr", "number"}
ENOUGH = 20  # values without which a column that looks like a key may be so by chance


@dataclass(frozen=True)
class Column:
    """The values that are there, in the file's order, and how often each of them is.

    `rows` counts those that are missing, too. `decimal` is the decimal mark.
    """

    name: str
    values: Sequence[str]
    counts: Counter[str]
    rows: int
    decimal: str = "."

    @cached_property
    def strange(self) -> frozenset[str]:
        """The values that are no numbers."""
        return frozenset(value for value in self.counts if not is_number(value, self.decimal))

    @property
    def unique(self) -> bool:
        return len(self.counts) == len(self.values)

    @property
    def distinct(self) -> float:
        """Different values per value."""
        return len(self.counts) / len(self.values)

    @cached_property
    def name_words(self) -> frozenset[str]:
        return name_words(self.name)

    @property
    def key_by_name(self) -> bool:
        return bool(self.name_words & KEY_WORDS)


@dataclass(frozen=True)
class Guess:
    """A column's kind, and what is said of it.

    `left_out` says why it should not be learned from, if it should not. `key` says that it
    tells rows apart, `junk` are the values that a column of this kind would reject.
    """

    kind: str
    said: str = ""
    left_out: str | None = None
    key: bool = False
    junk: frozenset[str] = frozenset()

    def without(self, reason: str, *, key: bool = False) -> "Guess":
        """The same kind, but better left out."""
        return replace(self, left_out=reason, key=key)


def name_words(name: str) -> frozenset[str]:
    """The words of a name: `customerId`, `customer_id` and `Customer ID` have two."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return frozenset(re.findall(r"[^\W_]+", parted.lower()))


def shown(value: str) -> str:
    """A value within a comment."""
    text = " ".join(value.split())
    return f"'{text[:30]}…'" if len(text) > 30 else f"'{text}'"


def some(values: Sequence[str], most: int) -> str:
    """The first values within a comment."""
    more = ", …" if len(values) > most else ""
    return ", ".join(map(shown, values[:most])) + more
