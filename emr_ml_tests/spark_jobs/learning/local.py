"""Rows in memory, and encodings of their labels, without Spark."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from emr_ml.contract.model import ModelParams
from emr_ml.contract.schema import Label
from spark_jobs.contract import Problem
from spark_jobs.learning.label_encoding import LabelEncoding
from spark_jobs.learning.local_rows import FOLDS, Fold, LocalRows, Matrix, Numbers

CLASSES = ("a", "b", "c")
LABELS: dict[Problem, dict[str, Any]] = {
    "binary": {"positive": "yes"},
    "multiclass": {"classes": CLASSES},
    "regression": {"kind": "numeric"},
}


def encoding_of(problem: Problem, **more: Any) -> LabelEncoding:
    """The encoding of a label of that problem."""
    label: Any = Label.model_validate({"column": "y", **LABELS[problem]}).model_dump(mode="json")
    classes = CLASSES if problem == "multiclass" else ()
    return LabelEncoding(label, classes, **more)


def params_with(**given: Any) -> Any:
    """The default parameters, but for those given."""
    return {**ModelParams.model_validate({}).model_dump(mode="json"), **given}


def local_rows(
    features: Matrix,
    labels: Sequence[float] | Numbers,
    *,
    folds: int,
    weights: Numbers | None = None,
) -> LocalRows:
    """Rows of one fold, whose last fifth is scored, or of `FOLDS` folds in turn."""
    weights = np.ones(len(labels)) if weights is None else weights
    numbers = np.arange(len(labels))
    keys = np.random.default_rng(1).permutation(numbers).astype(np.int64)
    part = numbers % FOLDS
    held_out = range(FOLDS) if folds > 1 else [FOLDS - 1]
    all_folds = tuple(Fold(np.flatnonzero(part != i), np.flatnonzero(part == i)) for i in held_out)
    return LocalRows(features, np.asarray(labels, float), weights, keys, all_folds)


def made_up(problem: Problem, rows: int = 300, features: int = 5) -> tuple[Numbers, Numbers]:
    """Features, of which the first two tell something of the labels."""
    chance = np.random.default_rng(3)
    values = chance.normal(size=(rows, features))
    signal = values[:, 0] - 0.5 * values[:, 1] + chance.normal(scale=0.7, size=rows)
    if problem == "regression":
        return values, (signal - signal.mean()) / signal.std()
    bounds = [0.0] if problem == "binary" else [-0.5, 0.5]
    return values, np.digitize(signal, bounds).astype(float)
