"""What stands at each place of a vector of features."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.ml import Transformer
from pyspark.ml.feature import StringIndexerModel

NUMERIC, CATEGORICAL, TEXT = "numeric", "categorical", "text"
LONGEST_NAME = 100


@dataclass(frozen=True)
class Block:
    """The places of one column: `size` of them, from `start` on.

    `categories` are those of a categorical column; its last place is that of all others. `hashed`
    is the column with the hashed terms of a text; "" if its places are no terms.
    """

    column: str
    kind: str
    start: int
    size: int
    categories: tuple[str, ...] = ()
    hashed: str = ""

    @property
    def places(self) -> slice:
        return slice(self.start, self.start + self.size)

    @property
    def title(self) -> str:
        """The column's name, of bounded length."""
        return _short(self.column)

    def name(self, place: int, terms: Mapping[int, str]) -> str:
        """What stands at that place of the vector; `terms` are the known ones by their places."""
        within = place - self.start
        match self.kind:
            case "numeric":
                return self.title
            case "categorical" if within < len(self.categories):
                return _short(f"{self.column}={self.categories[within]}")
            case "categorical":
                return f"{self.title} missing or unknown"
            case _ if self.hashed:
                return _short(f"{self.column}: {terms.get(place, f'term {within}')}")
            case _:
                return f"{self.title}: dimension {within}"


def blocks_of(
    kinds: Mapping[str, str], settings: Mapping[str, Any], stages: Sequence[Transformer]
) -> list[Block]:
    """The blocks of the vector that `featurizer` makes of these columns, in their order."""
    named = {
        kind: sorted(name for name, each in kinds.items() if each == kind)
        for kind in (NUMERIC, CATEGORICAL, TEXT)
    }
    indexed = [stage for stage in stages if isinstance(stage, StringIndexerModel)]
    labels = [tuple(each) for stage in indexed for each in stage.labelsArray]
    found: list[Block] = []

    def add(column: str, kind: str, size: int, **more: Any) -> None:
        start = found[-1].places.stop if found else 0
        found.append(Block(column, kind, start, size, **more))

    for column in named[NUMERIC]:
        add(column, NUMERIC, 1)
    for column, categories in zip(named[CATEGORICAL], labels, strict=True):
        add(column, CATEGORICAL, len(categories) + 1, categories=categories)
    for number, column in enumerate(named[TEXT]):
        hashed = "" if settings["text"] == "word2vec" else f"__text_{number}_hashed"
        add(column, TEXT, settings["dimensions"], hashed=hashed)
    return found


def block_at(blocks: Sequence[Block], place: int) -> Block:
    """The block that holds the place."""
    return next(block for block in blocks if place < block.places.stop)


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}…"
