"""Rows become vectors, by a featurizer that is fitted on the training side."""

from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, cast

from pyspark.ml import Pipeline, PipelineModel, Transformer
from pyspark.ml.base import Estimator
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from spark_jobs.learning.checkpoints import checkpointed
from spark_jobs.learning.features import FEATURES, Featurizer
from spark_jobs.learning.split import TRAIN
from spark_jobs.names import LABEL, ROW_ID, SIDE

ROWS_OF_A_PART = 20_000
FEWEST_PARTS, MOST_PARTS = 4, 1024


@dataclass(frozen=True)
class Lot:
    """Rows as vectors, and how they came to be.

    `stages` are fitted. `prepared` has what those that need no fit made of the rows, `vectors`
    their `_side`, `_label`, `features` and `row_id`.
    """

    stages: list[Transformer]
    prepared: DataFrame
    vectors: DataFrame


def vectors_of(seen: DataFrame, plan: Featurizer, ordered: int | None, kept: ExitStack) -> Lot:
    """The rows as vectors, by stages that are fitted on the training side.

    Args:
        seen: rows of the training and the validation side.
        plan: what to fit.
        ordered: how many rows there are, if the estimator needs the same rows in the same parts
            to learn the same; else None.
        kept: what is computed is kept until this is closed.
    """
    # checkpoints, because every pass of a fit would carry the whole plan before it along
    half = PipelineModel(plan.by_row).transform(seen).select(SIDE, LABEL, ROW_ID, *plan.between)
    fits = any(isinstance(stage, Estimator) for stage in plan.fitted)
    scaled = not fits and len(plan.between) == 1
    if plan.costly and not scaled:
        half = kept.enter_context(checkpointed(half))
    fitted = Pipeline(stages=cast("Any", plan.fitted)).fit(half.where(F.col(SIDE) == TRAIN))
    vectors = fitted.transform(half).select(SIDE, LABEL, FEATURES, ROW_ID)
    if ordered is not None:
        parts = min(max(ordered // ROWS_OF_A_PART, FEWEST_PARTS), MOST_PARTS)
        vectors = vectors.repartition(parts, ROW_ID).sortWithinPartitions(ROW_ID)
    vectors = kept.enter_context(checkpointed(vectors))
    if scaled:  # the same places are not 0
        half = vectors.withColumnRenamed(FEATURES, plan.between[0])
    return Lot([*plan.by_row, *fitted.stages], half, vectors)


def thinned(vectors: DataFrame, one_row_of: int) -> DataFrame:
    """One row of so many by chance, which their ids decide."""
    return vectors.where(F.xxhash64(ROW_ID) % one_row_of == 0)
