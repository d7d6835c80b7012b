"""What a saved pipeline computes, as the features and steps of `model.json`.

No data flows here: each stage is applied to descriptions of columns. So the many columns between
the stages vanish, and what is left is what each element of the vector is made of.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from emr_ml.export.saved_model import SavedStage
from spark_jobs.runtime.job import JobError

Block = dict[str, Any]  # a part of the vector, as `model.json` has it
THRESHOLD_DIGITS = 12  # so that a half stays a half
DENSE = ("number", "word_vectors")


@dataclass(frozen=True)
class Source:
    """A column of the user's, or what a stage made of it that is no vector yet."""

    column: str
    part: str | None = None  # of a time
    fill: float = 0.0  # in place of a missing number
    replace: tuple[tuple[str, str], ...] = ()  # in a text
    tokens: Block = field(default_factory=dict[str, Any])
    categories: tuple[str, ...] = ()


@dataclass(frozen=True)
class Vector:
    """Blocks side by side."""

    blocks: tuple[Block, ...]

    @property
    def size(self) -> int:
        return sum(block["size"] for block in self.blocks)

    @property
    def dense(self) -> list[int]:
        """The indices of numbers that each row has."""
        kinds = [block["kind"] in DENSE for block in self.blocks for _ in range(block["size"])]
        return [index for index, is_dense in enumerate(kinds) if is_dense]


@dataclass(frozen=True)
class Result:
    """The result of a step of the model, which has the column's name."""

    name: str


class Translation:
    """The features, the steps, and which of them is explained, after the stages so far."""

    def __init__(self) -> None:
        self.columns: dict[str, Source | Vector | Result] = {}
        self.features: Vector | None = None
        self.steps: list[dict[str, Any]] = []
        self.explained: dict[str, list[tuple[str, int]]] = {}
        self.classes: list[str] | None = None
        self.factor = 1.0
        self.thresholds: list[float] | None = None  # of the probabilities of an estimator
        self.factors: list[float] | None = None  # which calibrate these

    @property
    def threshold(self) -> float:
        """The calibrated probability from which a binary label is predicted to be positive."""
        other, positive = self.thresholds or (0.5, 0.5)
        if self.factors:
            other, positive = other * self.factors[0], positive * self.factors[1]
        return round(positive / (other + positive), THRESHOLD_DIGITS)

    def source(self, name: str) -> Source:
        return self._of_type(name, Source)

    def vector(self, name: str) -> Vector:
        return self._of_type(name, Vector)

    def is_result(self, name: str) -> bool:
        return isinstance(self.columns.get(name), Result)

    def result(self, name: str) -> str:
        """Return the name of the step whose result the column is."""
        return self._of_type(name, Result).name

    def _of_type(self, name: str, wanted: type[Any]) -> Any:
        found = self.columns.get(name)
        if not isinstance(found, wanted):
            raise JobError(
                f"the model can't be exported: its column {name} is not what the stage that uses "
                "it expects. Export with the release that trained it"
            )
        return found

    def add_step(self, op: str, output: str, inputs: Sequence[str] = (), **more: Any) -> None:
        self.steps.append({"op": op, "output": output, "inputs": [*inputs], **more})
        self.columns[output] = Result(output)

    def use_features(self, stage: SavedStage) -> Vector:
        """Return the vector that an estimator is applied to; all have the same one."""
        self.features = self.vector(stage.param("featuresCol"))
        return self.features

    def margins(self, op: str, stage: SavedStage, output: str, width: int, **more: Any) -> None:
        """Add the step from the features to the margins of an estimator."""
        features = self.use_features(stage)
        self.add_step(op, output, dense=features.dense, size=features.size, **more)
        self.explained[output] = [(output, number) for number in range(width)]


def sparse_if_shorter(elements: list[float]) -> list[float] | dict[str, Any]:
    """Return the elements, or only those that are not zero if these are few."""
    indices = [index for index, element in enumerate(elements) if element]
    if 3 * len(indices) > len(elements):
        return elements
    values = [elements[index] for index in indices]
    return {"size": len(elements), "indices": indices, "values": values}


Translate = Callable[[Translation, SavedStage], None]
