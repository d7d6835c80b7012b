"""Vectors in the driver's memory, where they are few enough to be fitted there."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from scipy.sparse import csr_array

from spark_jobs.columns import LABEL, ROW_ID, SPLIT, WEIGHT
from spark_jobs.learning.features import FEATURES
from spark_jobs.learning.split import TRAIN

Numbers = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]
Keys = npt.NDArray[np.int64]
Matrix = Any  # csr_array, which has no types, or Numbers

MAX_LOCAL_BYTES = 1 << 28  # of the vectors; a fit needs about four times as much
BYTES_PER_ELEMENT = 12  # a double and its index
MAX_ELEMENTS = MAX_LOCAL_BYTES // BYTES_PER_ELEMENT
DENSE_SHARE = 0.3  # of non-zero elements; products with a dense matrix are faster from here on
FEW_ROWS = 2000  # a single split of fewer rows would choose by luck
FOLDS = 5
DENSE_VECTOR = 1  # in the column `type` of Spark's vectors


@dataclass(frozen=True)
class Fold:
    """The positions of the rows that a model is fitted on, and of those that score it."""

    fitted: Indices
    scored: Indices


@dataclass(frozen=True)
class LocalRows:
    """The vectors of the training and the validation split, in the order of their row ids.

    `features` has a row for each. `labels` are as the model is fitted on them, NaN for a class
    that can't be predicted. `weights` are those of rows, without those of classes. `sample_keys`
    are numbers that depend on the row's id alone. `folds` compare candidates: a fit on some rows is
    scored on others.
    """

    features: Matrix
    labels: Numbers
    weights: Numbers
    sample_keys: Keys
    folds: tuple[Fold, ...]

    def sample(self, rows: Indices, step: int) -> Indices:
        """Return one of `step` positions, by the rows' ids."""
        return rows[self.sample_keys[rows] // FOLDS % step == 0]

    def shares(self, rows: Indices) -> Numbers:
        """Return the weights of rows as shares of their sum."""
        weights = self.weights[rows]
        return weights / weights.sum()

    @property
    def elements(self) -> int:
        """The number of elements that are kept, and that a fit goes through."""
        return self.features.size if isinstance(self.features, np.ndarray) else self.features.nnz

    @property
    def cells(self) -> int:
        """Rows times features."""
        return self.features.shape[0] * self.features.shape[1]

    @property
    def known(self) -> Indices:
        """The positions of the rows whose class can be predicted, or that have a number."""
        return np.flatnonzero(np.isfinite(self.labels))


def to_dense(matrix: Matrix) -> Numbers:
    """Return all elements of the matrix."""
    return matrix if isinstance(matrix, np.ndarray) else matrix.toarray()


def fits_in_driver(elements: int) -> bool:
    """Return whether vectors with that many non-zero elements in total are fitted in the driver."""
    return elements <= MAX_ELEMENTS


def collect_rows(vectors: DataFrame, size: int) -> LocalRows:
    """Return all vectors of that size, with their labels.

    From `FEW_ROWS` on, the one fold is that of the splits. Fewer rows are in `FOLDS` folds, by
    their ids alone, and each is scored once.

    Args:
        vectors: with `_side`, `_label`, `_weight`, `features` and `row_id`.
        size: length of the vectors.
    """
    digits = F.conv(F.substring(ROW_ID, 9, 8), 16, 10).cast("long")  # the split uses the first 8
    columns = vectors.select(
        ROW_ID,
        digits.alias("key"),
        (F.col(SPLIT) == TRAIN).alias("train"),
        LABEL,
        WEIGHT,
        F.unwrap_udt(FEATURES).alias("vector"),
    )
    table = columns.toArrow()
    order = np.argsort(table[ROW_ID].to_numpy(), kind="stable")
    labels = table[LABEL].to_numpy()[order].astype(np.float64)
    weights = table[WEIGHT].to_numpy()[order].astype(np.float64)
    keys = table["key"].to_numpy()[order].astype(np.int64)
    train = table["train"].to_numpy()[order].astype(np.bool_)
    features = _matrix(pa.concat_arrays(table["vector"].chunks), size)
    del table  # `features` has what it holds, and will be copied
    return LocalRows(features[order], labels, weights, keys, _folds(labels, train, keys))


def _folds(labels: Numbers, train: npt.NDArray[np.bool_], keys: Keys) -> tuple[Fold, ...]:
    known = np.isfinite(labels)
    if len(labels) >= FEW_ROWS:
        return (Fold(np.flatnonzero(train & known), np.flatnonzero(~train)),)
    numbers = keys % FOLDS
    return tuple(
        Fold(np.flatnonzero((numbers != fold) & known), np.flatnonzero(numbers == fold))
        for fold in range(FOLDS)
        if (numbers == fold).any()
    )


def _matrix(vectors: pa.StructArray, size: int) -> Matrix:
    """Return Spark's vectors as rows; each is dense or sparse in its own right."""
    values = vectors.field("values")
    lengths = np.diff(values.offsets.to_numpy())
    elements = values.flatten().to_numpy()
    if (lengths == size).all():
        return elements.reshape(len(lengths), size)
    dense = vectors.field("type").to_numpy() == DENSE_VECTOR
    within_dense = np.repeat(dense, lengths)
    columns = np.empty(len(elements), np.int32)
    columns[~within_dense] = vectors.field("indices").flatten().to_numpy()
    columns[within_dense] = np.tile(np.arange(size, dtype=np.int32), int(dense.sum()))
    # as wide as Arrow's offsets: SciPy would make the columns as wide as wider ones
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    rows = csr_array((elements, columns, starts), shape=(len(lengths), size))
    return rows.toarray() if rows.nnz >= DENSE_SHARE * len(lengths) * size else rows
