"""Which column each index of a feature vector belongs to, and what it means."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.ml import Transformer
from pyspark.ml.feature import StringIndexerModel

from spark_jobs.contract import ColumnRules, Kind
from spark_jobs.learning.datetimes import part_names
from spark_jobs.learning.params import FeaturizerSettings

MAX_NAME_CHARACTERS = 100


@dataclass(frozen=True)
class FeatureBlock:
    """The indices of one column: `size` of them, from `start`.

    `categories` are those of a categorical column; the last index is that of all others, unless
    categories have `shared` indices by their hashes. `parts` are the numbers of a date or time.
    `hashed` is the column with the hashed terms of a text, or "" if its indices are not terms.
    """

    column: str
    kind: Kind
    start: int
    size: int
    categories: tuple[str, ...] = ()
    shared: bool = False
    parts: tuple[str, ...] = ()
    hashed: str = ""

    @property
    def indices(self) -> slice:
        return slice(self.start, self.start + self.size)

    @property
    def title(self) -> str:
        """The column's name, shortened if it is long."""
        return _shorten(self.column)

    def name(self, index: int, terms: Mapping[int, str]) -> str:
        """Return the name of the feature at an index of the vector; `terms` has some by index."""
        within = index - self.start
        match self.kind:
            case "numeric":
                return self.title
            case "datetime":
                return _shorten(f"{self.column}: {self.parts[within]}")
            case "categorical":
                return self._category_name(within)
            case _ if self.hashed:
                return _shorten(f"{self.column}: {terms.get(index, f'term {within}')}")
            case _:
                return f"{self.title}: dimension {within}"

    def _category_name(self, within: int) -> str:
        if self.shared:
            return _shorten(f"{self.column}: group {within}")
        if within < len(self.categories):
            return _shorten(f"{self.column}={self.categories[within]}")
        return f"{self.title} missing or unknown"


def feature_blocks(
    rules: Mapping[str, ColumnRules], settings: FeaturizerSettings, stages: Sequence[Transformer]
) -> list[FeatureBlock]:
    """Return the blocks of the vector that the fitted stages of a featurizer make, in order."""

    def names(kind: Kind) -> list[str]:
        return sorted(name for name, each in rules.items() if each["kind"] == kind)

    indexers = [stage for stage in stages if isinstance(stage, StringIndexerModel)]
    labels = iter([tuple(each) for indexer in indexers for each in indexer.labelsArray])
    blocks: list[FeatureBlock] = []

    def add(column: str, kind: Kind, size: int, **more: Any) -> None:
        start = blocks[-1].indices.stop if blocks else 0
        blocks.append(FeatureBlock(column, kind, start, size, **more))

    for column in names("numeric"):
        add(column, "numeric", 1)
    for column in names("datetime"):
        numbers = tuple(part_names(rules[column]["parts"]))
        add(column, "datetime", len(numbers), parts=numbers)
    for column in names("categorical"):
        if buckets := rules[column]["hashed"]:
            add(column, "categorical", buckets, shared=True)
        else:
            categories = next(labels)
            add(column, "categorical", len(categories) + 1, categories=categories)
    for number, column in enumerate(names("text")):
        hashed = "" if settings["text"] == "word2vec" else f"__text_{number}_hashed"
        add(column, "text", settings["dimensions"], hashed=hashed)
    return blocks


def block_at(blocks: Sequence[FeatureBlock], index: int) -> FeatureBlock:
    """Return the block that contains the index."""
    return next(block for block in blocks if index < block.indices.stop)


def _shorten(name: str) -> str:
    return name if len(name) <= MAX_NAME_CHARACTERS else f"{name[:MAX_NAME_CHARACTERS]}…"
