"""Turn rows into vectors, with a featurizer that is fitted to them."""

from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, cast

from pyspark.ml import Pipeline, PipelineModel, Transformer
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from spark_jobs.columns import LABEL, ROW_ID, SPLIT, WEIGHT
from spark_jobs.learning.features import FEATURES, Featurizer

ROWS_PER_PARTITION = 20_000
MIN_PARTITIONS, MAX_PARTITIONS = 4, 1024


@dataclass(frozen=True)
class FeaturizedRows:
    """Rows as vectors, and the fitted `stages` that made them.

    `prepared` is the output of the stages that need no fit; `vectors` has `_side`, `_label`,
    `_weight`, `features` and `row_id`.
    """

    stages: list[Transformer]
    prepared: DataFrame
    vectors: DataFrame


def prepare(rows: DataFrame, featurizer: Featurizer, cache: ExitStack) -> DataFrame:
    """Return the output of the stages that need no fit; `cache` keeps it until it is closed."""
    prepared = PipelineModel(featurizer.row_stages).transform(rows)
    prepared = prepared.select(SPLIT, LABEL, WEIGHT, ROW_ID, *featurizer.prepared)
    return cache.enter_context(checkpointed(prepared)) if featurizer.expensive else prepared


def featurize(prepared: DataFrame, featurizer: Featurizer) -> FeaturizedRows:
    """Fit the featurizer to prepared rows, and return them as vectors.

    It learns from the columns alone, never from the label, so the rows of the validation split
    are as good to learn from as those of the training split.
    """
    pipeline = Pipeline(stages=cast("Any", featurizer.fit_stages))
    fitted = pipeline.fit(prepared)
    vectors = fitted.transform(prepared).select(SPLIT, LABEL, WEIGHT, FEATURES, ROW_ID)
    return FeaturizedRows([*featurizer.row_stages, *fitted.stages], prepared, vectors)


def in_order(vectors: DataFrame, rows: int) -> DataFrame:
    """Return the vectors in an order, and in partitions, that depend on nothing else.

    Args:
        vectors: as `featurize` makes them.
        rows: their number.
    """
    partitions = min(max(rows // ROWS_PER_PARTITION, MIN_PARTITIONS), MAX_PARTITIONS)
    return vectors.repartition(partitions, ROW_ID).sortWithinPartitions(ROW_ID)


def sample_vectors(vectors: DataFrame, step: int) -> DataFrame:
    """Return one row of `step`, at random but determined by its id."""
    return vectors.where(F.xxhash64(ROW_ID) % step == 0)


@contextmanager
def checkpointed(rows: DataFrame) -> Generator[DataFrame]:
    """Compute the rows once, and keep them until the block ends.

    If `spark.checkpoint.dir` is set, they are kept there, where the loss of an executor does no
    harm, and not removed.
    """
    durable = rows.sparkSession.sparkContext.getCheckpointDir()
    checkpoint = rows.checkpoint() if durable else rows.localCheckpoint()
    try:
        yield checkpoint
    finally:
        # otherwise only the garbage collector releases a checkpoint
        java: Any = checkpoint._jdf  # pyright: ignore[reportPrivateUsage] - no public way
        java.queryExecution().logical().rdd().unpersist(False)
